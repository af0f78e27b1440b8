import { chmodSync, lstatSync, mkdirSync, readlinkSync, type Stats } from 'node:fs';
import { join } from 'node:path';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import { type FileName, type Files, PRESENT } from '../base/files.ts';
import { type Changes, directoriesOf, type WasFile } from './changes.ts';
import type { Repository } from './git.ts';

const LINK = '120000';
const PROGRAM = '100755';

/**
 * The files of a work tree as they were at a commit: those of now, but for the ones that git says have changed, of
 * which copies are made. So a file that is the same is so whatever git does with line ends, and is not read.
 */
export class PastFiles implements Files {
  readonly #top: BytePath;
  readonly #mirror: BytePath;
  /** By path below the root: whether something was there, for everything that is not as it was. */
  readonly #changed = new Map<BytePath, boolean>();
  /** What was in a directory and is not there now, or is another thing. */
  readonly #added = new Map<BytePath, Map<BytePath, boolean>>();
  /** Directories that were there because something in them was. */
  readonly #directories = new Set<BytePath>();

  /** @param mirror an empty directory, for the copies */
  constructor(changes: Changes, mirror: string) {
    this.#top = toBytePath(changes.repository.top);
    this.#mirror = toBytePath(mirror);
    this.#take(changes, '');
  }

  lstat(path: BytePath): Stats | undefined {
    const below = this.#below(path);
    if (below === undefined || below === '') return PRESENT.lstat(path);
    if (this.#directories.has(below)) return directoryAt(path) ?? lstatSync(fsPath(this.#copy(below)));
    const was = this.#changed.get(below);
    if (was !== undefined) return was ? lstatSync(fsPath(this.#copy(below))) : undefined;
    return this.#isBelowChanged(below) ? undefined : PRESENT.lstat(path);
  }

  names(path: BytePath): readonly FileName[] {
    const below = this.#below(path);
    if (below === undefined) return PRESENT.names(path);
    const added = this.#added.get(below) ?? new Map<BytePath, boolean>();
    const present = this.#directories.has(below) && directoryAt(path) === undefined ? [] : PRESENT.names(path);
    const kept = present.filter(({ name }) => !added.has(name) && !this.#changed.has(joinBytePath(below, name)));
    return [...kept, ...[...added].map(([name, isDirectory]) => ({ name, isDirectory }))];
  }

  readlink(path: BytePath): BytePath {
    return readlinkSync(fsPath(this.place(path)), 'latin1');
  }

  place(path: BytePath): BytePath {
    const below = this.#below(path);
    return below !== undefined && this.#changed.get(below) === true ? this.#copy(below) : path;
  }

  #take({ repository, files, submodules }: Changes, prefix: BytePath): void {
    const copies = new Map<BytePath, WasFile>();
    for (const [path, was] of files) {
      const full = joinBytePath(prefix, path);
      this.#changed.set(full, was !== undefined);
      if (was === undefined) continue;
      copies.set(path, was);
      this.#add(full);
    }
    for (const directory of this.#directories) this.#changed.delete(directory);
    const directory = joinBytePath(this.#mirror, prefix);
    mkdirSync(fsPath(directory), { recursive: true, mode: 0o700 });
    copyFiles(repository, copies, directory);
    for (const [path, changes] of submodules) this.#take(changes, joinBytePath(prefix, path));
  }

  #add(path: BytePath): void {
    let [child, isDirectory] = [path, false];
    for (const directory of [...directoriesOf(path), '']) {
      const names = this.#added.get(directory) ?? new Map<BytePath, boolean>();
      this.#added.set(directory, names.set(child.slice(directory === '' ? 0 : directory.length + 1), isDirectory));
      if (directory !== '') this.#directories.add(directory);
      [child, isDirectory] = [directory, true];
    }
  }

  /** Undefined outside of the work tree. */
  #below(path: BytePath): BytePath | undefined {
    if (path === this.#top) return '';
    return path.startsWith(`${this.#top}/`) ? path.slice(this.#top.length + 1) : undefined;
  }

  /** Whether a directory on the way was another thing, or was not there. */
  #isBelowChanged(below: BytePath): boolean {
    return directoriesOf(below).some((directory) => this.#changed.has(directory));
  }

  #copy(below: BytePath): BytePath {
    return joinBytePath(this.#mirror, below);
  }
}

function directoryAt(path: BytePath): Stats | undefined {
  try {
    const stats = PRESENT.lstat(path);
    return stats?.isDirectory() ? stats : undefined;
  } catch (error) {
    if (isErrno(error, 'ENOTDIR')) return undefined;
    throw error;
  }
}

/** Writes files as a checkout does: with the line ends and filters that the attributes of the work tree ask for. */
function copyFiles(repository: Repository, files: ReadonlyMap<BytePath, WasFile>, directory: BytePath): void {
  if (files.size === 0) return;
  const entries = [...files].map(([path, { mode, object }]) => `${mode} ${object}\t${path}\0`);
  const index = `${fromBytePath(directory)}.index`;
  repository.git(['update-index', '-z', '--index-info'], { index, input: Buffer.from(entries.join(''), 'latin1') });
  repository.git(['checkout-index', '--all', `--prefix=${fromBytePath(directory)}/`], { index });
  for (const [path, was] of files) {
    if (was.mode === LINK) continue;
    chmodSync(fsPath(joinBytePath(directory, path)), permissions(was, join(repository.top, fromBytePath(path))));
  }
}

/** Git keeps of a mode only whether a file is a program: the rest is what the file has now, or what a new one gets. */
function permissions({ mode, modeNow }: WasFile, path: string): number {
  const now = modeNow === undefined ? undefined : lstatSync(path, { throwIfNoEntry: false });
  const kept = now?.isFile() ? now.mode & 0o7777 : 0o666 & ~process.umask();
  if (now?.isFile() && mode === modeNow) return kept;
  return mode === PROGRAM ? kept | ((kept & 0o444) >> 2) : kept & ~0o111;
}
