import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isErrno } from './error.ts';

/** A name that no other process makes up: for files and directories before they are renamed into place. */
export function uniqueName(prefix = ''): string {
  return prefix + randomBytes(8).toString('hex');
}

/**
 * Writes a file so that a reader sees the old content or the new, never a part: a temporary name in the same
 * directory, then rename. With `durable` the content reaches the disk before the name does.
 */
export function writeFileAtomic(path: string, data: string | Uint8Array, options: { durable?: boolean } = {}): void {
  const temporary = join(dirname(path), `.${uniqueName('tmp-')}`);
  const fd = openForWrite(temporary);
  try {
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(fd, bytes, offset);
    if (options.durable) fsyncSync(fd);
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

function openForWrite(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, 'wx', 0o600);
  }
}
