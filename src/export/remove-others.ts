import { lstatSync, readdirSync, rmSync } from 'node:fs';
import { type BytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import type { Tree } from '../snapshot/tree.ts';

/** A tree that was copied, and the directory below the destination that it was copied to; '' for the destination. */
interface Copied {
  tree: Tree;
  directory?: string | undefined;
}

/** Removes from a directory all that none of these trees has there (`mode=delete`). Links are removed, not followed. */
export function removeOthers(copied: readonly Copied[], destination: string): void {
  const roots = copied.map(({ tree, directory = '' }) => ({ tree, directory: toBytePath(directory) }));
  const isKept = (path: BytePath): boolean =>
    roots.some(({ tree, directory }) => {
      if (directory === path) return true;
      if (directory !== '' && !path.startsWith(`${directory}/`)) return false;
      return tree.lookup(directory === '' ? path : path.slice(directory.length + 1)) !== undefined;
    });
  removeBelow(toBytePath(destination), '', isKept);
}

function removeBelow(root: BytePath, directory: BytePath, isKept: (path: BytePath) => boolean): void {
  for (const name of readdirSync(fsPath(joinBytePath(root, directory)), 'latin1')) {
    const path = joinBytePath(directory, name);
    const host = fsPath(joinBytePath(root, path));
    if (!isKept(path)) rmSync(host, { recursive: true, force: true });
    else if (lstatSync(host).isDirectory()) removeBelow(root, path, isKept);
  }
}
