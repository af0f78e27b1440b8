import * as zlib from 'node:zlib';
import { findProgram } from '../base/find-program.ts';
import type { Finding, Patient } from './finding.ts';
import { installCommand } from './packages.ts';

/** Programs that some instructions and options call; Debian's packages. */
const PROGRAMS: readonly { program: string; without: string; packageName: string }[] = [
  { program: 'git', without: 'no git repository as context, and none for ADD', packageName: 'git' },
  { program: 'zstd', without: 'no layer or archive in zstd', packageName: 'zstd' },
  { program: 'xz', without: 'no archive in xz', packageName: 'xz-utils' },
  { program: 'bzip2', without: 'no archive in bzip2', packageName: 'bzip2' },
];

export function examinePrograms({ uid }: Pick<Patient, 'uid'>, path = process.env.PATH): Finding[] {
  return PROGRAMS.map(({ program, without, packageName }) => {
    if (program === 'zstd' && 'createZstdCompress' in zlib)
      return { name: `program: zstd`, status: 'ok', detail: 'in Node' };
    const found = findProgram(program, path);
    const name = `program: ${program}`;
    if (found !== undefined) return { name, status: 'ok', detail: found };
    return { name, status: 'limited', detail: without, fix: installCommand(packageName, uid) };
  });
}
