import { lstatSync, readdirSync, readlinkSync } from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { TarEntry } from '../tar/entry.ts';
import { readCarriedXattrs } from './carried-xattrs.ts';
import { deviceNumbers } from './device.ts';
import { lookAt } from './long-path.ts';
import { entryOf, type Tree, type TreeEntry } from './tree.ts';

/** One member of a layer's tar and, for a file, where its content is, or the content itself. */
export interface Change {
  entry: TarEntry;
  content?: BytePath | Buffer | undefined;
  /** The file that the content is, on this machine. */
  inode?: number | undefined;
}

export interface ChangesOptions {
  /** The layer's directory. */
  directory: BytePath;
  opaque: readonly BytePath[];
  /** Names that the layer takes away and has no whiteouts for. */
  unmarked?: readonly BytePath[] | undefined;
  /** What lies below. A whiteout or an opaque mark that hides nothing of it is not a change. */
  parent: Tree;
  /** Newer times become this one, in seconds. */
  clampTo?: number | undefined;
}

/**
 * What a layer's directory changes, as members of a tar (OCI image-spec layer.md): sorted by path, a directory
 * before what is in it, whiteouts as `.wh.` files, a second name of a file as a hard link, whole seconds.
 */
export async function changesOf(options: ChangesOptions): Promise<Change[]> {
  const found = [...walk(options.directory)];
  const xattrs = await readCarriedXattrs(found.map(({ entry }) => entry));
  const changes = [...changesIn(found, options, xattrs)];
  return options.unmarked === undefined ? changes : withWhiteouts(changes, options.unmarked, options.parent);
}

/**
 * The same of a layer of which it is known that no file has attributes that belong to an image and that its whiteouts
 * are files: each is looked at when it is asked for, so that of many no more than one is in memory.
 */
export function plainChangesOf(options: Omit<ChangesOptions, 'unmarked'>): Iterable<Change> {
  return changesIn(walk(options.directory), options, new Map());
}

function* changesIn(
  found: Iterable<Found>,
  { opaque, parent, clampTo }: ChangesOptions,
  xattrs: ReadonlyMap<BytePath, ReadonlyMap<string, Buffer>>,
): Generator<Change> {
  const firstNames = new Map<number, BytePath>();
  const opaques = new Set(opaque);
  for (const { path, entry } of found) {
    if (entry.type === 'socket') continue;
    if (entry.type === 'char' && entry.rdev === 0) {
      if (parent.lookup(path) !== undefined) yield { entry: whiteout(path) };
      continue;
    }
    refuseMarkName(path);
    yield changeOf(path, entry, firstNames, xattrs.get(entry.hostPath), clampTo);
    if (opaques.has(path) && parent.lookup(path)?.type === 'directory') {
      yield { entry: mark(`${path}/.wh..wh..opq`) };
    }
  }
}

/** In the place that a whiteout in the directory would have, so that the tar is the same. */
function withWhiteouts(changes: readonly Change[], unmarked: readonly BytePath[], parent: Tree): Change[] {
  const hidden = unmarked.filter((path) => parent.lookup(path) !== undefined);
  const placed = [
    ...changes.map((change) => ({ at: placeOf(change.entry), change })),
    ...hidden.map((path) => ({ at: path.split('/'), change: { entry: whiteout(path) } })),
  ];
  return placed.sort((a, b) => compareNames(a.at, b.at)).map(({ change }) => change);
}

/** The names of an entry's path; of a mark those of what it hides, and of an opaque one those of its directory. */
function placeOf({ path }: TarEntry): BytePath[] {
  const names = path.split('/');
  const last = names.at(-1) ?? '';
  if (last === '.wh..wh..opq') return names.slice(0, -1);
  return last.startsWith('.wh.') ? [...names.slice(0, -1), last.slice('.wh.'.length)] : names;
}

/** Name by name, as a directory is walked; the order of equal places stays. */
function compareNames(a: readonly BytePath[], b: readonly BytePath[]): number {
  const at = a.findIndex((name, index) => name !== b[index]);
  if (at < 0) return a.length - b.length;
  const [one, other] = [a[at], b[at]];
  if (one === undefined || other === undefined) return other === undefined ? 1 : -1;
  return one < other ? -1 : 1;
}

interface Found {
  path: BytePath;
  entry: TreeEntry;
}

/** Without recursion: a tree may be deeper than a stack of generators is fast. */
function* walk(root: BytePath): Generator<Found> {
  const left = namesIn(root, '');
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const hostPath = joinBytePath(root, path);
    const entry = entryOf(
      lookAt(path, () => lstatSync(fsPath(hostPath))),
      hostPath,
    );
    yield { path, entry };
    if (entry.type === 'directory') for (const below of namesIn(root, path)) left.push(below);
  }
}

/** The paths in a directory, the last one first. */
function namesIn(root: BytePath, directory: BytePath): BytePath[] {
  const names = lookAt(directory, () => readdirSync(fsPath(joinBytePath(root, directory)), 'latin1'));
  return names
    .sort()
    .reverse()
    .map((name) => joinBytePath(directory, name));
}

function changeOf(
  path: BytePath,
  found: TreeEntry,
  firstNames: Map<number, BytePath>,
  xattrs: ReadonlyMap<string, Buffer> | undefined,
  clampTo: number | undefined,
): Change {
  const { mode, uid, gid } = found;
  const seconds = Math.floor(found.mtimeMs / 1000);
  const common = { path, mode, uid, gid, size: 0, mtime: Math.min(seconds, clampTo ?? seconds), xattrs };
  const hasNames = found.type !== 'directory' && found.nlink > 1;
  const first = hasNames ? firstNames.get(found.ino) : undefined;
  if (first !== undefined) return { entry: { ...common, type: 'hardlink', linkPath: first } };
  if (hasNames) firstNames.set(found.ino, path);
  switch (found.type) {
    case 'file':
      return { entry: { ...common, type: 'file', size: found.size }, content: found.hostPath, inode: found.ino };
    case 'symlink':
      return { entry: { ...common, type: 'symlink', linkPath: readlinkSync(fsPath(found.hostPath), 'latin1') } };
    case 'char':
    case 'block': {
      const { major, minor } = deviceNumbers(found.rdev);
      return { entry: { ...common, type: found.type, devMajor: major, devMinor: minor } };
    }
    default:
      return { entry: { ...common, type: found.type === 'directory' ? 'directory' : 'fifo' } };
  }
}

/** In a layer's tar such a name hides another file, whatever the file of that name holds. */
function refuseMarkName(path: BytePath): void {
  if (!path.startsWith('.wh.', path.lastIndexOf('/') + 1)) return;
  throw new TsbuildError('INVALID', `a layer cannot hold a file whose name begins with .wh.: /${fromBytePath(path)}`, {
    hint: 'in an image such a name marks a deleted file: rename it, or exclude it in the ignore file',
  });
}

function whiteout(path: BytePath): TarEntry {
  const slash = path.lastIndexOf('/') + 1;
  return mark(`${path.slice(0, slash)}.wh.${path.slice(slash)}`);
}

function mark(path: BytePath): TarEntry {
  return { path, type: 'file', mode: 0, uid: 0, gid: 0, size: 0, mtime: 0 };
}
