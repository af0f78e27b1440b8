import { readlinkSync } from 'node:fs';
import { turn } from '../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { readCarriedXattrs } from './carried-xattrs.ts';
import { deviceNumbers } from './device.ts';
import type { LayerWriter } from './layer-writer.ts';
import { isSparse } from './sparse.ts';
import { parentOf, type Tree, type TreeEntry } from './tree.ts';

/** How many entries are copied before other work of this process gets a turn. */
const TURN_ENTRIES = 200;

const REPLACE = { replace: true };

/**
 * Copies a tree, or what is at one path of it and the directories that lead there, into a directory that is written over
 * nothing. Several names of one file stay that. Sockets stay behind, as in a layer.
 */
export async function copyTree(
  view: Tree,
  writer: LayerWriter,
  { path = '', signal }: { path?: BytePath; signal: AbortSignal },
): Promise<void> {
  await copyEntries([...leadingTo(view, path), ...below(view, path)], writer, signal);
}

/** What lies at a path of a tree. */
export interface Entry {
  path: BytePath;
  entry: TreeEntry;
}

/** Copies what is given, a directory before what is in it. */
export async function copyEntries(entries: readonly Entry[], writer: LayerWriter, signal: AbortSignal): Promise<void> {
  const xattrs = await readCarriedXattrs(entries.map(({ entry }) => entry));
  const firstNames = new Map<string, BytePath>();
  for (const [index, { path, entry }] of entries.entries()) {
    if (index % TURN_ENTRIES === 0) await turn(signal);
    const first = entry.type === 'directory' || entry.nlink < 2 ? undefined : firstNames.get(fileOf(path, entry));
    if (first !== undefined) {
      writer.putHardLink(path, first, REPLACE);
      continue;
    }
    if (entry.nlink > 1) firstNames.set(fileOf(path, entry), path);
    await copyEntry(writer, { path, entry, xattrs: xattrs.get(entry.hostPath) }, signal);
  }
}

function leadingTo(view: Tree, path: BytePath): Entry[] {
  const paths = [path];
  while (paths[0] !== '') paths.unshift(parentOf(paths[0] as BytePath));
  return paths.flatMap((each) => {
    const entry = view.lookup(each);
    return entry === undefined ? [] : [{ path: each, entry }];
  });
}

/** A directory before what is in it. */
function below(view: Tree, directory: BytePath): Entry[] {
  const found: Entry[] = [];
  const pending = view.lookup(directory)?.type === 'directory' ? [directory] : [];
  for (let current = pending.pop(); current !== undefined; current = pending.pop()) {
    for (const { name, entry } of view.children(current)) {
      const path = joinBytePath(current, name);
      found.push({ path, entry });
      if (entry.type === 'directory') pending.push(path);
    }
  }
  return found;
}

/** Layers may share files with each other, but only within one of them two names are two names of one file. */
function fileOf(path: BytePath, { hostPath, ino }: TreeEntry): string {
  return `${hostPath.slice(0, hostPath.length - path.length)}:${ino}`;
}

async function copyEntry(
  writer: LayerWriter,
  { path, entry, xattrs }: Entry & { xattrs: ReadonlyMap<string, Buffer> | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { mode, uid, gid, mtimeMs, type } = entry;
  const attributes = { mode, uid, gid, mtimeMs, xattrs };
  switch (type) {
    case 'directory':
      return writer.putDirectory(path, attributes, REPLACE);
    case 'file':
      if (isSparse(entry)) return writer.putSparseCopy(path, entry, attributes, { ...REPLACE, signal });
      return writer.putFileCopy(path, entry.hostPath, attributes, REPLACE);
    case 'symlink':
      return writer.putSymlink(path, readlinkSync(fsPath(entry.hostPath), 'latin1'), attributes, REPLACE);
    case 'char':
    case 'block':
    case 'fifo':
      return writer.putNode({ path, type, ...deviceNumbers(entry.rdev) }, attributes, REPLACE);
    case 'socket':
      return;
  }
}
