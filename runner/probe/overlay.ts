import { mkdirSync, mkdtempSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { toBytePath } from '../../src/base/bytepath.ts';
import { AT, CLONE } from '../setup/flags.ts';
import { mountOverlay } from '../setup/overlay.ts';
import { isolateMounts } from '../setup/rootfs.ts';
import { SYS } from '../syscall/numbers.ts';
import { Program } from '../syscall/program.ts';
import { runProgram } from '../syscall/run.ts';
import { inUserNamespace } from '../userns/identity.ts';
import type { Probe } from './probe.ts';
import { removeScratch } from './specimen.ts';

/**
 * Mounts an overlay in a directory, and has it hide names of the layer below: some file systems can be
 * mounted so and hold no such marks. What is refused, if anything is; what is wrong with this machine otherwise, a
 * sandbox will find.
 */
export async function overlayRefusal(storeDirectory: string): Promise<Probe | undefined> {
  const scratch = mkdtempSync(join(resolve(storeDirectory), '.probe-'));
  try {
    await runProgram(trial(scratch));
    return undefined;
  } catch (error) {
    if (!isSystemError(error) || !REFUSED.test(error.syscall)) return undefined;
    return { name: 'overlay', ok: true, copied: true, errno: error.code, detail: error.syscall };
  } finally {
    removeScratch(scratch);
  }
}

const REFUSED = /^(mount overlay|fsopen overlay|enter the overlay|hide a)/;

function trial(scratch: string): Program {
  for (const name of ['lower/gone', 'lower/remade', 'upper', 'work']) {
    mkdirSync(join(scratch, name), { recursive: true });
  }
  const program = new Program();
  program.call(SYS.unshare, [CLONE.newns], { what: 'unshare the mounts' });
  isolateMounts(program);
  const overlay = { lower: ['lower'], upper: 'upper', work: 'work', userxattr: inUserNamespace(), volatile: true };
  mountOverlay(program, { directory: toBytePath(scratch), ...overlay });
  for (const name of ['gone', 'remade']) {
    const args = [AT.fdcwd, program.string(name), AT.removedir];
    program.call(SYS.unlinkat, args, { what: 'hide a name of the overlay' });
  }
  const args = [AT.fdcwd, program.string('remade'), 0o755];
  program.call(SYS.mkdirat, args, { what: 'hide a directory of the overlay' });
  program.call(SYS.exit, [0]);
  return program;
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException & { syscall: string } {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string';
}
