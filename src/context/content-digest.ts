import { createHash } from 'node:crypto';
import { type BytePath, joinBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import type { Selected } from './select.ts';
import type { SelectionItem, SelectionItems } from './selection-items.ts';

export interface ContentDigestOptions {
  /** Owners belong to the content of an image, and not to that of a context, whose files all become root's. */
  owners: boolean;
  /** The attributes that are copied, by host path; sorted by name. */
  xattrs?: ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>> | undefined;
  /** The sha256 of a file's content. */
  digestFile: (path: BytePath, entry: TreeEntry) => Buffer;
}

/**
 * The identity of what a COPY reads: names, types, modes, sizes, contents, link targets and device numbers, owners
 * and attributes where asked, never times. The name of a source that is a directory is not part of it, nor is what lies above.
 * `text` is what was digested: a JSON array a line, kept so that a later miss can be explained file by file.
 */
export function contentDigest(
  tree: Tree,
  sources: readonly Selected[],
  items: SelectionItems,
  options: ContentDigestOptions,
): { digest: Digest; text: string } {
  const pieces: string[] = [];
  let piece = `${JSON.stringify(sources.map(({ entry }) => entry.type === 'directory'))}\n`;
  for (const item of items) {
    piece += `${lineOf(tree, sources[item.source] as Selected, item, options)}\n`;
    if (piece.length < PIECE) continue;
    pieces.push(piece);
    piece = '';
  }
  pieces.push(piece);
  const hash = createHash('sha256');
  for (const each of pieces) hash.update(each);
  return { digest: `sha256:${hash.digest('hex')}`, text: pieces.join('') };
}

/** Lines become text, and are digested, together: a list of all of them would take as much again. */
const PIECE = 64 * 1024;

function lineOf(tree: Tree, source: Selected, item: SelectionItem, options: ContentDigestOptions): string {
  const { path, entry } = item;
  return JSON.stringify([
    item.source,
    path === '' ? source.name : path,
    item.onTheWay ? 'on the way' : entry.type,
    entry.mode,
    options.owners ? entry.uid : 0,
    options.owners ? entry.gid : 0,
    contentOf(tree, joinBytePath(source.path, path), entry, options),
    ...[...(options.xattrs?.get(entry.hostPath) ?? [])].map(([key, value]) => [key, value.toString('hex')]),
  ]);
}

function contentOf(tree: Tree, path: BytePath, entry: TreeEntry, options: ContentDigestOptions): string | number {
  switch (entry.type) {
    case 'file':
      return options.digestFile(path, entry).toString('hex');
    case 'symlink':
      return tree.readlink(path);
    case 'char':
    case 'block':
      return entry.rdev;
    default:
      return '';
  }
}
