import {
  chmodSync,
  constants,
  copyFileSync,
  lchownSync,
  linkSync,
  lstatSync,
  lutimesSync,
  mkdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { turn } from '../base/abortable.ts';
import { type BytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { fileTime } from '../base/file-time.ts';
import { readCarriedXattrs } from '../snapshot/carried-xattrs.ts';
import type { Change } from '../snapshot/changes.ts';
import { deviceNumbers } from '../snapshot/device.ts';
import { packLayer } from '../snapshot/pack.ts';
import { type Tree, type TreeEntry, walkTree } from '../snapshot/tree.ts';
import type { TarEntry } from '../tar/entry.ts';
import type { StatementFile } from './attest-files.ts';

/** A root filesystem that goes into a tar. */
export interface PackedRoot {
  tree: Tree;
  /** Where in the tar it lies, one name; empty for the top. */
  directory?: BytePath | undefined;
  /** Newer times of files become this one, in seconds since the epoch. */
  clampTo?: number | undefined;
  /** What is attested of the files, at their top, in the place of a file of the same name. */
  statements?: readonly StatementFile[] | undefined;
}

/** Whole root filesystems as one tar (`-o type=tar`), sorted, with whole seconds. */
export async function packRootfs(
  roots: readonly PackedRoot[],
  emit: (chunk: Buffer) => void,
  signal?: AbortSignal,
): Promise<void> {
  const changes: Change[] = [];
  for (const root of roots) {
    if (root.directory) changes.push({ entry: directoryEntry(root.directory, root.clampTo) });
    for (const change of await membersOf(root)) changes.push(change);
  }
  await packLayer(changes, emit, { signal });
}

function directoryEntry(path: BytePath, mtime = 0): TarEntry {
  return { path, type: 'directory', mode: 0o755, uid: 0, gid: 0, size: 0, mtime };
}

async function membersOf({ tree, directory = '', clampTo, statements = [] }: PackedRoot): Promise<Change[]> {
  const found: [BytePath, TreeEntry][] = [];
  const firstNames = new Map<string, BytePath>();
  walkTree(tree, '', (path, entry) => {
    const isReplaced = statements.some(({ name }) => path === name || path.startsWith(`${name}/`));
    if (entry.type !== 'socket' && !isReplaced) found.push([path, entry]);
  });
  const xattrs = await readCarriedXattrs(found.map(([, entry]) => entry));
  const written = statements.map(({ name, content }): Change => {
    const path = joinBytePath(directory, name);
    const common = { mode: 0o644, uid: 0, gid: 0, size: content.length, mtime: clampTo ?? nowInSeconds() };
    return { entry: { path, type: 'file', ...common }, content };
  });
  const packed = found.map(([path, entry]): Change => {
    const { entry: member, content } = memberOf(tree, path, entry, firstNames, clampTo);
    const { linkPath } = member;
    const inside = {
      path: joinBytePath(directory, member.path),
      linkPath: member.type === 'hardlink' && linkPath !== undefined ? joinBytePath(directory, linkPath) : linkPath,
    };
    return { entry: { ...member, ...inside, xattrs: xattrs.get(entry.hostPath) }, content };
  });
  return [...packed, ...written];
}

function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

function memberOf(
  tree: Tree,
  path: BytePath,
  found: TreeEntry,
  firstNames: Map<string, BytePath>,
  clampTo: number | undefined,
): Change {
  const seconds = Math.floor(found.mtimeMs / 1000);
  const { mode, uid, gid } = found;
  const common = { path, mode, uid, gid, size: 0, mtime: Math.min(seconds, clampTo ?? seconds) };
  const first = firstNames.get(identityOf(found));
  if (found.type === 'file' && found.nlink > 1 && first !== undefined) {
    return { entry: { ...common, type: 'hardlink', linkPath: first } };
  }
  firstNames.set(identityOf(found), path);
  if (found.type === 'file') return { entry: { ...common, type: 'file', size: found.size }, content: found.hostPath };
  if (found.type === 'symlink') return { entry: { ...common, type: 'symlink', linkPath: tree.readlink(path) } };
  const { major: devMajor, minor: devMinor } = deviceNumbers(found.rdev);
  return { entry: { ...common, type: found.type as TarEntry['type'], devMajor, devMinor } };
}

/** Layers lie on one file system, so an inode number names one file. */
function identityOf(entry: TreeEntry): string {
  return String(entry.ino);
}

/** How many files are copied before other work of this process gets a turn. */
const TURN = 256;

/**
 * Copies the root filesystem into a directory (`-o type=local`), on top of what is there. Links in the place of what
 * is written are replaced and not followed, names of one file stay names of one file, device nodes and FIFOs are left
 * out. Owners are kept where `owners` is set.
 */
export async function copyRootfs(
  tree: Tree,
  destination: string,
  options: { owners: boolean; clampTo?: number | undefined; signal: AbortSignal },
): Promise<void> {
  const root = toBytePath(destination);
  mkdirSync(destination, { recursive: true });
  const times: [BytePath, number][] = [];
  const firstNames = new Map<string, BytePath>();
  const found: [BytePath, TreeEntry][] = [];
  walkTree(tree, '', (path, entry) => found.push([path, entry]));
  for (const [index, [path, entry]] of found.entries()) {
    if (index % TURN === 0) await turn(options.signal);
    const target = joinBytePath(root, path);
    const mtimeMs = Math.min(entry.mtimeMs, options.clampTo === undefined ? entry.mtimeMs : options.clampTo * 1000);
    if (!place(tree, path, entry, target, firstNames)) continue;
    if (options.owners) lchownSync(fsPath(target), entry.uid, entry.gid);
    if (entry.type !== 'symlink') chmodSync(fsPath(target), entry.mode);
    times.push([target, mtimeMs]);
  }
  for (const [path, mtimeMs] of times.reverse()) {
    const time = fileTime(mtimeMs);
    lutimesSync(fsPath(path), time, time);
  }
}

function place(
  tree: Tree,
  path: BytePath,
  entry: TreeEntry,
  target: BytePath,
  firstNames: Map<string, BytePath>,
): boolean {
  const existing = lstatSync(fsPath(target), { throwIfNoEntry: false });
  const merges = entry.type === 'directory' && existing?.isDirectory() === true;
  if (existing !== undefined && !merges) rmSync(fsPath(target), { recursive: true });
  switch (entry.type) {
    case 'directory':
      if (!merges) mkdirSync(fsPath(target));
      return true;
    case 'file':
      placeFile(entry, target, firstNames);
      return true;
    case 'symlink':
      symlinkSync(fsPath(tree.readlink(path)), fsPath(target));
      return true;
    default:
      return false;
  }
}

function placeFile(entry: TreeEntry, target: BytePath, firstNames: Map<string, BytePath>): void {
  const first = entry.nlink > 1 ? firstNames.get(identityOf(entry)) : undefined;
  if (first !== undefined) {
    linkSync(fsPath(first), fsPath(target));
    return;
  }
  firstNames.set(identityOf(entry), target);
  copyFileSync(fsPath(entry.hostPath), fsPath(target), constants.COPYFILE_FICLONE);
}
