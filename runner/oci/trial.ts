import { readFileSync, statSync } from 'node:fs';
import { release } from 'node:os';
import { basename, join } from 'node:path';
import { writeFileAtomic } from '../../src/base/atomic.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { overlayRefusal } from '../probe/overlay.ts';
import { SPECIMEN_CODE, Specimen } from '../probe/specimen.ts';
import { inUserNamespace } from '../userns/identity.ts';
import { runWithRuntime } from './run.ts';
import type { OciRuntime } from './runtime.ts';

/** Whether a runtime makes sandboxes on this machine, found by having it make one; or the error that it gave. */
export async function tryRuntime(runtime: OciRuntime, storeDirectory: string): Promise<TsbuildError | undefined> {
  const copied = (await overlayRefusal(storeDirectory)) !== undefined;
  const specimen = new Specimen(storeDirectory, false, copied);
  const deaf = () => undefined;
  try {
    const exit = await runWithRuntime(runtime, specimen.spec, { stdout: deaf, stderr: deaf });
    if ('code' in exit && exit.code === SPECIMEN_CODE) return undefined;
    return new TsbuildError('SANDBOX', `${runtime.path} did not run a command: ${JSON.stringify(exit)}`);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    return error;
  } finally {
    specimen.remove();
  }
}

/**
 * Fails where the runtime makes no sandboxes here. That it does is remembered in the directory, for this kernel, this
 * user and this very program; that it does not is tried again.
 */
export async function requireRuntime(runtime: OciRuntime, storeDirectory: string): Promise<void> {
  const record = join(storeDirectory, 'runtimes', `${basename(runtime.path)}.json`);
  const circumstances = circumstancesOf(runtime);
  if (readIfThere(record) === circumstances) return;
  const problem = await tryRuntime(runtime, storeDirectory);
  if (problem !== undefined) throw problem;
  writeFileAtomic(record, circumstances);
}

function circumstancesOf({ path, options }: OciRuntime): string {
  const { size, mtimeMs, ino } = statSync(path);
  const user = { uid: process.geteuid?.(), inUserNamespace: inUserNamespace() };
  return `${JSON.stringify({ kernel: release(), ...user, path, options, size, mtimeMs, ino })}\n`;
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    return undefined;
  }
}
