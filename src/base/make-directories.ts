import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { isErrno } from './error.ts';

/**
 * Makes a directory and those above it that are missing, with `mode`. Unlike mkdirSync's own `recursive` it ends where
 * a file system makes no directory and says that there is none above, as /proc does.
 */
export function makeDirectories(path: string, mode: number): void {
  try {
    makeOne(path, mode);
  } catch (error) {
    const above = dirname(path);
    if (!isErrno(error, 'ENOENT') || above === path) throw error;
    makeDirectories(above, mode);
    makeOne(path, mode);
  }
}

function makeOne(path: string, mode: number): void {
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (!isErrno(error, 'EEXIST') || statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw error;
  }
}
