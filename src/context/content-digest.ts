import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import xxhash from 'xxhash-wasm';
import { type BytePath, fsPath } from '../base/bytepath.ts';
import { type Digest, digestOf } from '../base/digest.ts';
import type { IgnoreRules } from '../base/ignore.ts';
import type { Tree, TreeEntry } from '../snapshot/tree.ts';
import { type Content, contentsOf } from './contents.ts';
import type { Selected } from './select.ts';

/** Something that a COPY reads, with the number of the source that brings it. */
export interface SelectionItem extends Content {
  source: number;
}

export interface ContentDigestOptions {
  /** Owners belong to the content of an image, and not to that of a context, whose files all become root's. */
  owners: boolean;
  /** The attributes that are copied, by host path; sorted by name. */
  xattrs?: ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>> | undefined;
  /** The sha256 of a file's content. */
  digestFile: (path: BytePath, entry: TreeEntry) => Buffer;
}

/** Everything that a COPY reads, in the order in which it is copied. */
export function itemsOf(tree: Tree, sources: readonly Selected[], exclude: IgnoreRules | undefined): SelectionItem[] {
  return sources.flatMap((source, index) =>
    contentsOf(tree, source, exclude).map((content) => ({ source: index, ...content })),
  );
}

/**
 * The identity of what a COPY reads: names, types, modes, sizes, contents, link targets and device numbers, owners
 * and attributes where asked, never times. The name of a source that is a directory is not part of it, nor is what lies above.
 * `text` is what was digested: a JSON array a line, kept so that a later miss can be explained file by file.
 */
export function contentDigest(
  tree: Tree,
  sources: readonly Selected[],
  items: readonly SelectionItem[],
  options: ContentDigestOptions,
): { digest: Digest; text: string } {
  const lines = items.map(({ source: index, path, entry, onTheWay }) => {
    const source = sources[index] as Selected;
    const full = path === '' ? source.path : source.path === '' ? path : `${source.path}/${path}`;
    const name = path === '' ? source.name : path;
    return JSON.stringify([
      index,
      name,
      onTheWay ? 'on the way' : entry.type,
      entry.mode,
      options.owners ? entry.uid : 0,
      options.owners ? entry.gid : 0,
      contentOf(tree, full, entry, options),
      ...[...(options.xattrs?.get(entry.hostPath) ?? [])].map(([key, value]) => [key, value.toString('hex')]),
    ]);
  });
  const kinds = sources.map((source) => source.entry.type === 'directory');
  const text = `${JSON.stringify(kinds)}\n${lines.join('\n')}\n`;
  return { digest: digestOf(text), text };
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

/**
 * A number that changes whenever a stat record of the selection does: where it is the same as last time, nothing
 * needs to be read or looked up. Not an identity for anybody else.
 */
export async function fingerprint(sources: readonly Selected[], items: readonly SelectionItem[]): Promise<string> {
  const { create64 } = await xxhash();
  const hash = create64();
  hash.update(JSON.stringify(sources.map(({ path, name, entry }) => [path, name, entry.type])));
  for (let start = 0; start < items.length; start += FINGERPRINT_BATCH) {
    hash.update(
      items
        .slice(start, start + FINGERPRINT_BATCH)
        .map(statLine)
        .join('\n'),
    );
  }
  return hash.digest().toString(16);
}

/** Crossing into the hash costs about as much as a hundred bytes of hashing. */
const FINGERPRINT_BATCH = 1024;

function statLine({ source, path, entry }: SelectionItem): string {
  const { type, mode, size, mtimeMs, ctimeMs, ino } = entry;
  return `${source}\0${path}\0${type}\0${mode}\0${size}\0${mtimeMs}\0${ctimeMs}\0${ino}`;
}

const READ_SIZE = 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** The sha256 of a file, read with constant memory. */
export function sha256File(path: BytePath): Buffer {
  const hash = createHash('sha256');
  const fd = openSync(fsPath(path), 'r');
  try {
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}
