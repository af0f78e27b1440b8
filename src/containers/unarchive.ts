import {
  closeSync,
  constants,
  fchmodSync,
  fchownSync,
  futimesSync,
  lchownSync,
  linkSync,
  lutimesSync,
  mkdirSync,
  openSync,
  symlinkSync,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { splitPath } from '../snapshot/tree.ts';
import type { TarEntry } from '../tar/entry.ts';
import { readTar } from '../tar/read.ts';
import { inDirectory, LiveRoot, type Place } from './live-root.ts';

export interface WriteOptions {
  /** The archive is a stranger's, whose names count: the path is a directory, and they go below. */
  raw: boolean;
  /** Whether owners are those of the archive; else what is written is ours. */
  owners: boolean;
}

/**
 * Unpacks an archive at a path of a root, as `cp -r` would: a directory that exists takes what is sent by its name,
 * and else what is sent gets the name of the path. Nothing is written out of the root, whatever links there are or
 * come with the archive.
 */
export async function writeArchive(
  root: string,
  path: string,
  chunks: AsyncIterable<Buffer>,
  options: WriteOptions,
): Promise<object> {
  const live = new LiveRoot(root);
  const writer = new Unarchiver(live, options.owners);
  let rename: ((path: BytePath) => BytePath) | undefined;
  for await (const { entry, body } of readTar(chunks)) {
    rename ??= options.raw ? belowDirectory(live, path) : destinationOf(live, path, entry);
    const name = rename(entry.path);
    await writer.put({ ...entry, path: name, linkPath: linkOf(entry, rename) }, body);
  }
  writer.finish();
  return {};
}

function linkOf({ type, linkPath }: TarEntry, rename: (path: BytePath) => BytePath): BytePath | undefined {
  return type === 'hardlink' && linkPath !== undefined ? rename(linkPath) : linkPath;
}

function belowDirectory(live: LiveRoot, path: string): (name: BytePath) => BytePath {
  const { stats, path: directory } = look(live, path);
  if (!stats?.isDirectory()) throw new TsbuildError('INVALID', `${path} is no directory`);
  return (name) => joinBytePath(directory, namesOf(name).join('/'));
}

/** Where what the first entry names goes: into a directory that is there, or to the path itself. */
function destinationOf(live: LiveRoot, path: string, first: TarEntry): (name: BytePath) => BytePath {
  const { stats, path: found } = look(live, path);
  const isDirectory = first.type === 'directory';
  const base = namesOf(first.path);
  if (stats !== undefined && !stats.isDirectory() && isDirectory) {
    throw new TsbuildError('CONFLICT', `cannot copy a directory to ${path}, which is a file`);
  }
  if (stats === undefined && /\/$/.test(path) && !isDirectory) {
    throw new TsbuildError('NOT_FOUND', `the directory ${path} does not exist`, { hint: 'make it first' });
  }
  const into = stats?.isDirectory() ? found : undefined;
  return (name) => {
    const names = namesOf(name);
    const rest = into === undefined ? names.slice(base.length) : names;
    return joinBytePath(into ?? found, rest.join('/'));
  };
}

function look(live: LiveRoot, path: string): Pick<Place, 'stats' | 'path'> {
  const place = live.resolve(toBytePath(path), { followLast: true });
  place.close();
  return place;
}

/** No name of an archive leads up. */
function namesOf(path: BytePath): BytePath[] {
  const names = splitPath(path);
  if (!names.includes('..') && !path.includes('\0')) return names;
  throw new TsbuildError('INVALID', `the archive holds a path that leaves its root: ${fromBytePath(path)}`);
}

class Unarchiver {
  readonly #live: LiveRoot;
  readonly #owners: boolean;
  /** Set at the end: what is written into a directory changes its time, and may need more rights than it has. */
  readonly #directories: TarEntry[] = [];

  constructor(live: LiveRoot, owners: boolean) {
    this.#live = live;
    this.#owners = owners;
  }

  async put(entry: TarEntry, body: AsyncIterable<Buffer>): Promise<void> {
    const place = this.#live.resolve(entry.path, { followLast: false });
    try {
      await this.#putAt(place, entry, body);
    } finally {
      place.close();
    }
  }

  finish(): void {
    for (const entry of this.#directories.reverse()) {
      const place = this.#live.resolve(entry.path, { followLast: false });
      try {
        if (place.stats?.isDirectory()) finishDirectory(place, entry);
      } finally {
        place.close();
      }
    }
  }

  async #putAt(place: Place, entry: TarEntry, body: AsyncIterable<Buffer>): Promise<void> {
    const host = fsPath(inDirectory(place.directory, place.name));
    if (entry.type === 'directory') {
      this.#makeDirectory(place, host, entry);
      return;
    }
    if (place.stats?.isDirectory()) throw overDirectory(entry);
    if (place.stats !== undefined) unlinkSync(host);
    if (entry.type === 'file') await this.#writeFile(host, entry, body);
    else if (entry.type === 'symlink') this.#makeLink(host, entry);
    else if (entry.type === 'hardlink') this.#linkTo(host, entry);
    else throw new TsbuildError('UNSUPPORTED', `a device or fifo is not copied: ${fromBytePath(entry.path)}`);
  }

  #makeDirectory(place: Place, host: string | Buffer, entry: TarEntry): void {
    if (place.name === '') return;
    if (place.stats !== undefined && !place.stats.isDirectory()) {
      throw new TsbuildError('CONFLICT', `cannot replace a file with a directory: /${fromBytePath(entry.path)}`);
    }
    if (place.stats !== undefined) return;
    mkdirSync(host, 0o700);
    this.#own(() => lchownSync(host, entry.uid, entry.gid));
    this.#directories.push(entry);
  }

  async #writeFile(host: string | Buffer, entry: TarEntry, body: AsyncIterable<Buffer>): Promise<void> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
    const fd = openSync(host, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
    try {
      for await (const chunk of body) {
        for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
      }
      this.#own(() => fchownSync(fd, entry.uid, entry.gid));
      fchmodSync(fd, entry.mode);
      futimesSync(fd, entry.mtime, entry.mtime);
    } finally {
      closeSync(fd);
    }
  }

  #makeLink(host: string | Buffer, entry: TarEntry): void {
    symlinkSync(fsPath(entry.linkPath ?? ''), host);
    this.#own(() => lchownSync(host, entry.uid, entry.gid));
    lutimesSync(host, entry.mtime, entry.mtime);
  }

  #linkTo(host: string | Buffer, entry: TarEntry): void {
    const target = this.#live.resolve(entry.linkPath ?? '', { followLast: false });
    try {
      if (!target.stats?.isFile()) throw new TsbuildError('INVALID', 'the archive links to what is no file');
      linkSync(fsPath(inDirectory(target.directory, target.name)), host);
    } finally {
      target.close();
    }
  }

  /** EINVAL: an id that this user namespace does not map. */
  #own(chown: () => void): void {
    if (!this.#owners) return;
    try {
      chown();
    } catch (error) {
      if (!isErrno(error, 'EINVAL')) throw error;
    }
  }
}

/** Through a descriptor: a link may have taken the directory's place. */
function finishDirectory({ directory, name }: Place, { mode, mtime }: TarEntry): void {
  const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW } = constants;
  const fd = openSync(fsPath(inDirectory(directory, name)), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
  try {
    fchmodSync(fd, mode);
    futimesSync(fd, mtime, mtime);
  } finally {
    closeSync(fd);
  }
}

function overDirectory(entry: TarEntry): TsbuildError {
  return new TsbuildError('CONFLICT', `cannot replace a directory with a file: /${fromBytePath(entry.path)}`);
}
