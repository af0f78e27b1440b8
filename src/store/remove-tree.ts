import type { Dirent } from 'node:fs';
import { chmod, lstat, readdir, rm } from 'node:fs/promises';
import { isErrno } from '../base/error.ts';

/**
 * Removes a directory with all that is in it, also directories that forbid entering, as overlay's work directory
 * does. Does nothing where it does not exist. Names may be any bytes.
 */
export async function removeTree(path: string): Promise<void> {
  try {
    await rm(path, { recursive: true, force: true });
  } catch (error) {
    if (!isErrno(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error;
    await openDirectories(Buffer.from(path));
    await rm(path, { recursive: true, force: true });
  }
}

async function openDirectories(path: Buffer): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  const entries: Dirent<Buffer>[] = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  for (const entry of entries) {
    if (entry.isDirectory()) await openDirectories(Buffer.concat([path, Buffer.from('/'), entry.name]));
  }
}
