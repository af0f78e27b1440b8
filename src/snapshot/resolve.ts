import type { BytePath } from '../base/bytepath.ts';
import { fromBytePath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { splitPath, type Tree, type TreeEntry } from './tree.ts';

/** As many links as the kernel follows in one path (path_resolution(7), ELOOP). */
const MAX_LINKS = 40;

export interface ResolvedPath {
  /** Without links, relative to the root; it need not exist. */
  path: BytePath;
  /** What is there, if anything. */
  entry: TreeEntry | undefined;
}

/**
 * Follows the links of a path inside a tree as a process chrooted into it would: absolute links start at the
 * tree's root and `..` stops there, so that no link leads out. Names behind a missing one are taken as they are.
 *
 * With `followLast: false` a link in the last place is the result itself.
 */
export function resolvePath(
  tree: Pick<Tree, 'lookup' | 'readlink'>,
  path: BytePath,
  options: { followLast: boolean },
): ResolvedPath {
  const pending = splitPath(path).reverse();
  let current: BytePath[] = [];
  let entry = tree.lookup('');
  for (let links = 0; pending.length > 0; ) {
    const name = pending.pop() as BytePath;
    if (name === '..') {
      current = current.slice(0, -1);
      entry = tree.lookup(current.join('/'));
      continue;
    }
    const next = joinBytePath(current.join('/'), name);
    const found = tree.lookup(next);
    if (found?.type === 'symlink' && (pending.length > 0 || options.followLast)) {
      if (++links > MAX_LINKS) {
        throw new TsbuildError('INVALID', `too many levels of symbolic links: /${fromBytePath(path)}`);
      }
      const target = tree.readlink(next);
      if (target.startsWith('/')) current = [];
      pending.push(...splitPath(target).reverse());
      entry = tree.lookup(current.join('/'));
      continue;
    }
    current.push(name);
    entry = found;
  }
  return { path: current.join('/'), entry };
}
