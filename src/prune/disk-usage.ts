import { lstatSync, readdirSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { isErrno } from '../base/error.ts';

/** The unit of `st_blocks` (stat(2)). */
const BLOCK = 512;

/** Bytes that a tree takes on the disk. A file with several names counts once; what vanishes meanwhile is nothing. */
export function diskUsage(path: string, seen: Set<number> = new Set()): number {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  if (stats === undefined || isCounted(stats, seen)) return 0;
  const own = stats.blocks * BLOCK;
  if (!stats.isDirectory()) return own;
  return namesIn(path).reduce((sum, name) => sum + diskUsage(join(path, name), seen), own);
}

function isCounted(stats: Stats, seen: Set<number>): boolean {
  if (stats.nlink < 2 || stats.isDirectory()) return false;
  const counted = seen.has(stats.ino);
  seen.add(stats.ino);
  return counted;
}

export function namesIn(directory: string): string[] {
  try {
    return readdirSync(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return [];
    throw error;
  }
}
