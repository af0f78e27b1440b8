import { readdirSync } from 'node:fs';
import { readXattrs } from '../../runner/syscall/index.ts';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { lookAt } from './long-path.ts';

/** The attribute by which overlayfs marks a directory, in a user namespace (mount option `userxattr`) or without one. */
export function opaqueAttribute(userXattrs: boolean): string {
  return userXattrs ? 'user.overlay.opaque' : 'trusted.overlay.opaque';
}

export function isOverlayMark(name: string): boolean {
  return /^(user|trusted)\.overlay\./.test(name);
}

/**
 * The directories of an upper directory that overlayfs marked opaque, relative to it. The other attribute is no mark:
 * where overlayfs does not keep it to itself, a step sets it as it likes.
 */
export async function overlayMarks(directory: BytePath, userXattrs: boolean): Promise<BytePath[]> {
  const paths = directoriesBelow(directory);
  const attributes = await readXattrs(paths.map((path) => joinBytePath(directory, path)));
  const name = opaqueAttribute(userXattrs);
  return paths.filter((path) => attributes.get(joinBytePath(directory, path))?.get(name)?.toString('latin1') === 'y');
}

function directoriesBelow(root: BytePath): BytePath[] {
  const found: BytePath[] = [];
  const pending: BytePath[] = [''];
  for (let path = pending.pop(); path !== undefined; path = pending.pop()) {
    const host = fsPath(joinBytePath(root, path));
    for (const name of lookAt(path, () => readdirSync(host, { encoding: 'latin1', withFileTypes: true }))) {
      if (!name.isDirectory()) continue;
      const child = joinBytePath(path, name.name);
      found.push(child);
      pending.push(child);
    }
  }
  return found;
}
