import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';

/** The unit of `st_blocks` (stat(2)). */
const BLOCK = 512;

/**
 * Bytes that a tree takes on the disk. A file with several names counts once, in all trees that share `seen`; what
 * vanishes meanwhile is nothing.
 */
export function diskUsage(path: string, seen: Set<number> = new Set()): number {
  return usageOf(toBytePath(path), seen);
}

function usageOf(path: BytePath, seen: Set<number>): number {
  const stats = statsOf(path);
  if (stats === undefined || isCounted(stats, seen)) return 0;
  const own = stats.blocks * BLOCK;
  if (!stats.isDirectory()) return own;
  return entriesOf(path).reduce((sum, name) => sum + usageOf(joinBytePath(path, name), seen), own);
}

/** Nothing also for what is deeper in the tree than a path can say. */
function statsOf(path: BytePath): Stats | undefined {
  try {
    return lstatSync(fsPath(path), { throwIfNoEntry: false });
  } catch (error) {
    if (isErrno(error, 'ENAMETOOLONG')) return undefined;
    throw error;
  }
}

function isCounted(stats: Stats, seen: Set<number>): boolean {
  if (stats.nlink < 2 || stats.isDirectory()) return false;
  const counted = seen.has(stats.ino);
  seen.add(stats.ino);
  return counted;
}

export function namesIn(directory: string): string[] {
  return entriesOf(toBytePath(directory)).map(fromBytePath);
}

function entriesOf(directory: BytePath): BytePath[] {
  try {
    return readdirSync(fsPath(directory), 'latin1');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR', 'ENAMETOOLONG')) return [];
    throw error;
  }
}
