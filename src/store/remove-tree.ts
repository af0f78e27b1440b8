import type { Dirent } from 'node:fs';
import { chmod, lstat, readdir, rename, rm } from 'node:fs/promises';
import { uniqueName } from '../base/atomic.ts';
import { isErrno } from '../base/error.ts';

/**
 * Removes a directory with all that is in it, also directories that forbid entering, as overlay's work directory
 * does, and trees that are deeper than any path names, as a step can make them. Does nothing where it does not exist.
 * Names may be any bytes.
 */
export async function removeTree(path: string): Promise<void> {
  for (let opened = false; ; ) {
    try {
      return await rm(path, { recursive: true, force: true });
    } catch (error) {
      if (isErrno(error, 'ENAMETOOLONG') && (await raiseDeep(Buffer.from(path)))) continue;
      if (opened || !isErrno(error, 'EACCES', 'EPERM', 'ENOTEMPTY')) throw error;
      await openDirectories(Buffer.from(path));
      opened = true;
    }
  }
}

/** Half of what the kernel takes (PATH_MAX), so that a directory at the limit can still be named with what is in it. */
const DEEP = 2048;

/** Moves directories with long paths up to the root of the tree, whose descendants then have shorter ones. */
async function raiseDeep(root: Buffer): Promise<boolean> {
  let raised = false;
  const pending = [root];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    for (const directory of await directoriesIn(path)) {
      if (directory.length < DEEP) pending.push(directory);
      else {
        await rename(directory, below(root, Buffer.from(uniqueName('.deep-'))));
        raised = true;
      }
    }
  }
  return raised;
}

async function openDirectories(path: Buffer): Promise<void> {
  if (!(await lstat(path)).isDirectory()) return;
  await chmod(path, 0o700);
  if (path.length >= DEEP) return;
  for (const directory of await directoriesIn(path)) await openDirectories(directory);
}

async function directoriesIn(path: Buffer): Promise<Buffer[]> {
  const entries: Dirent<Buffer>[] = await readdir(path, { withFileTypes: true, encoding: 'buffer' });
  return entries.filter((entry) => entry.isDirectory()).map((entry) => below(path, entry.name));
}

function below(directory: Buffer, name: Buffer): Buffer {
  return Buffer.concat([directory, Buffer.from('/'), name]);
}
