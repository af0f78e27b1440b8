import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { toBytePath } from '../../src/base/bytepath.ts';
import { isErrno } from '../../src/base/error.ts';
import { type SandboxSpec, SKELETON } from '../spec.ts';
import { installLauncher } from '../syscall/launcher.ts';
import { hasSingleId, inUserNamespace } from '../userns/identity.ts';

/** The exit code of the specimen's command, which is the launcher: it finds no input. */
export const SPECIMEN_CODE = 2;

/** The smallest sandbox, for trying whether one can be made: its command is the one program that is surely here. */
export class Specimen {
  readonly spec: SandboxSpec;
  readonly #scratch: string;

  /**
   * @param own whether the sandbox is to be in a user namespace that we are not in yet
   * @param copied whether its root is a copy, and no overlay
   */
  constructor(storeDirectory: string, own = false, copied = false) {
    this.#scratch = mkdtempSync(join(resolve(storeDirectory), '.probe-'));
    this.spec = specIn(this.#scratch, own, copied);
  }

  remove(): void {
    removeScratch(this.#scratch);
  }
}

/** Overlay leaves a directory of mode 000 in `work`, which only its owner's chmod opens for removal. */
export function removeScratch(scratch: string): void {
  try {
    chmodSync(join(scratch, 'work/work'), 0o700);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
  rmSync(scratch, { recursive: true, force: true });
}

function specIn(scratch: string, own: boolean, copied: boolean): SandboxSpec {
  for (const name of ['lower', 'upper', 'work']) mkdirSync(join(scratch, name));
  for (const { path, type } of SKELETON) {
    if (type === 'directory') mkdirSync(join(scratch, 'lower', path));
    else writeFileSync(join(scratch, 'lower', path), '');
  }
  const program = basename(installLauncher(join(scratch, 'lower/bin')));
  const directory = toBytePath(scratch);
  const upper = copied ? 'lower' : 'upper';
  const overlay = { directory, lower: ['lower'], upper, work: 'work', volatile: false, copied };
  return {
    overlay: { ...overlay, userxattr: own || inUserNamespace() },
    args: [`/bin/${program}`],
    env: [],
    cwd: '/',
    user: { uid: 0, gid: 0, groups: [] },
    hostname: 'probe',
    network: 'host',
    singleUid: own || hasSingleId(),
  };
}
