import { basename, dirname, resolve } from 'node:path';
import { TsbuildError } from '../../src/base/error.ts';
import { findProgram } from '../../src/base/find-program.ts';

/** A program that makes containers as the OCI's runtime specification says. */
export interface OciRuntime {
  name: string;
  path: string;
  /** What keeps it from making control groups: limits are ours, and a group would be left where it is killed. */
  options: readonly string[];
}

/** Options by the name of the program. One that is called otherwise gets none. */
const OPTIONS: Readonly<Record<string, readonly string[]>> = {
  crun: ['--cgroup-manager=disabled'],
  runc: ['--rootless=true'],
};

/** Those that are looked for on a machine, the cheaper one first. */
export const KNOWN_RUNTIMES = ['crun', 'runc'] as const;

/** The runtime by its name along the PATH, or by its path; NOT_FOUND where there is none. */
export function findRuntime(name: string): OciRuntime {
  const path = name.includes('/') ? findProgram(basename(name), dirname(resolve(name))) : findProgram(name);
  if (path === undefined) {
    const where = name.includes('/') ? 'that can be executed' : 'along the PATH';
    throw new TsbuildError('NOT_FOUND', `there is no runtime ${name} ${where}`, {
      hint: 'install crun or runc, or leave the runtime out: the launcher needs no package',
    });
  }
  return { name, path, options: OPTIONS[basename(path)] ?? [] };
}
