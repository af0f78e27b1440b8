import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../../src/base/error.ts';

/**
 * The processes that work on a store: those that have it in their environment, our own aside, and what they started.
 * @param first comes first, if it still runs
 */
export function startedBy(root: string, first: number | undefined): number[] {
  const marked = all().filter((pid) => read(pid, 'environ').split('\0').includes(`TSBUILD_ROOT=${root}`));
  const found = new Set(descendants(marked));
  const others = [...found].filter((pid) => pid !== first);
  return first !== undefined && found.has(first) ? [first, ...others] : others;
}

/** These processes and all that descend from them, in the order of their numbers. */
export function descendants(roots: readonly number[]): number[] {
  const parents = new Map(all().map((pid) => [pid, parentOf(pid)]));
  const reaches = (pid: number | undefined): boolean =>
    pid !== undefined && pid > 1 && (roots.includes(pid) || reaches(parents.get(pid)));
  return [...parents.keys()].filter(reaches).sort((a, b) => a - b);
}

/** False where it has ended before. */
export function kill(pid: number): boolean {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
    return false;
  }
}

/** The first 15 bytes of the name of its program. */
export function nameOf(pid: number): string {
  return read(pid, 'comm').trim();
}

function parentOf(pid: number): number | undefined {
  // The name of the program is in parentheses and may hold any character.
  const fields = read(pid, 'stat').replace(/^.*\)/s, '').trim().split(' ');
  return fields[1] === undefined ? undefined : Number(fields[1]);
}

function all(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

function read(pid: number, file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'latin1');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) throw error;
    return '';
  }
}
