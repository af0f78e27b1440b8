import { constants, type Stats } from 'node:fs';
import type { BytePath } from '../base/bytepath.ts';

export type EntryType = 'file' | 'directory' | 'symlink' | 'char' | 'block' | 'fifo' | 'socket';

/** One name in a tree of files. */
export interface TreeEntry {
  type: EntryType;
  /** Permission bits with setuid, setgid and sticky: 07777. */
  mode: number;
  uid: number;
  gid: number;
  size: number;
  /** What is allocated for the content, in 512 bytes. */
  blocks: number;
  /** Milliseconds since the epoch, with fractions. */
  mtimeMs: number;
  ctimeMs: number;
  /** The file system, within which `ino` names one file. */
  dev: number;
  ino: number;
  nlink: number;
  rdev: number;
  /** Known to have no extended attributes that belong to an image. */
  plain?: true | undefined;
  /** Where the entry itself lies on this machine. */
  hostPath: BytePath;
}

export interface TreeChild {
  name: BytePath;
  entry: TreeEntry;
}

/**
 * A tree of files that steps read: a build context, or the root of an image or stage.
 *
 * Paths are relative to the root, without a leading or trailing slash and without `.` or `..`; the root is ''. No
 * method follows a symbolic link: `resolvePath` does that, and it never leaves the root.
 */
export interface Tree {
  /** The entry, or undefined where there is none or where a parent is no directory. */
  lookup(path: BytePath): TreeEntry | undefined;
  /** What is in a directory, sorted by name. */
  children(path: BytePath): readonly TreeChild[];
  readlink(path: BytePath): BytePath;
}

export function entryOf(stats: Stats, hostPath: BytePath): TreeEntry {
  return {
    type: typeOf(stats),
    mode: stats.mode & 0o7777,
    uid: stats.uid,
    gid: stats.gid,
    size: stats.size,
    blocks: stats.blocks,
    mtimeMs: stats.mtimeMs,
    ctimeMs: stats.ctimeMs,
    dev: stats.dev,
    ino: stats.ino,
    nlink: stats.nlink,
    rdev: stats.rdev,
    hostPath,
  };
}

const { S_IFMT, S_IFREG, S_IFDIR, S_IFLNK, S_IFCHR, S_IFBLK, S_IFIFO, S_IFSOCK } = constants;

const FORMATS: ReadonlyMap<number, EntryType> = new Map([
  [S_IFREG, 'file'],
  [S_IFDIR, 'directory'],
  [S_IFLNK, 'symlink'],
  [S_IFCHR, 'char'],
  [S_IFBLK, 'block'],
  [S_IFIFO, 'fifo'],
  [S_IFSOCK, 'socket'],
]);

function typeOf(stats: Stats): EntryType {
  return FORMATS.get(stats.mode & S_IFMT) ?? 'file';
}

/** The directory that a path is in; '' for what is in the root, and for the root itself. */
export function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(0, path.lastIndexOf('/')));
}

/** Splits a path into its names; empty names and `.` drop out, `..` stays. */
export function splitPath(path: BytePath): BytePath[] {
  return path.split('/').filter((name) => name !== '' && name !== '.');
}

/** The order of names in layers and digests: by their bytes. */
export function byName(a: { name: BytePath }, b: { name: BytePath }): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Calls `visit` for everything below a directory, a directory before what is in it, in the order of names. */
export function walkTree(tree: Tree, directory: BytePath, visit: (path: BytePath, entry: TreeEntry) => void): void {
  for (const { name, entry } of tree.children(directory)) {
    const path = directory === '' ? name : `${directory}/${name}`;
    visit(path, entry);
    if (entry.type === 'directory') walkTree(tree, path, visit);
  }
}
