import { readXattrs, type Xattrs } from '../../runner/syscall/index.ts';
import type { BytePath } from '../base/bytepath.ts';
import type { TreeEntry } from './tree.ts';

/**
 * The attributes that belong to a file in an image: its capabilities and what users set themselves. Labels of the
 * machine's security modules, access lists that name its users, and the marks of overlayfs stay behind.
 */
const CARRIED = /^(security\.capability|user\.(?!overlay\.).*)$/s;

export function isCarriedXattr(name: string): boolean {
  return CARRIED.test(name);
}

/** The attributes that go with each of these entries, by host path and sorted; a path without any is absent. */
export async function readCarriedXattrs(entries: Iterable<TreeEntry>): Promise<Map<BytePath, Xattrs>> {
  const paths: BytePath[] = [];
  for (const { type, plain, hostPath } of entries) {
    if (!plain && (type === 'file' || type === 'directory')) paths.push(hostPath);
  }
  const carried = new Map<BytePath, Xattrs>();
  for (const [path, xattrs] of await readXattrs(paths)) {
    const kept = [...xattrs].filter(([name]) => isCarriedXattr(name));
    if (kept.length > 0) carried.set(path, new Map(kept.sort(([a], [b]) => (a < b ? -1 : 1))));
  }
  return carried;
}
