import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readdirSync,
  readlinkSync,
  readSync,
  type Stats,
} from 'node:fs';
import { type BytePath, fromBytePath, fsPath, joinBytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { deviceNumbers } from '../snapshot/device.ts';
import { entryOf } from '../snapshot/tree.ts';
import type { TarEntry } from '../tar/entry.ts';
import { TarWriter } from '../tar/writer.ts';
import { inDirectory, LiveRoot } from './live-root.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
const READ_SIZE = 256 * 1024;

/**
 * Sends a path of a root as a tar: a file by its name, a directory with all that is in it. `DIRECTORY/.` is what is
 * in it, below `.`. A link in the last place is sent as a link unless it is to be followed.
 */
export async function readArchive(
  root: string,
  path: string,
  send: (chunk: Buffer) => Promise<void>,
  { follow = false }: { follow?: boolean } = {},
): Promise<object> {
  const bytes = toBytePath(path);
  const place = new LiveRoot(root).resolve(bytes, { followLast: follow || /\/\.?$/.test(bytes) });
  try {
    const { stats, directory, name } = place;
    if (stats === undefined) throw new TsbuildError('NOT_FOUND', `${path}: no such file or directory`);
    const asked = /(?:^|\/)([^/]+)\/*$/.exec(bytes)?.[1] ?? '.';
    if (asked === '.' && !stats.isDirectory()) throw new TsbuildError('INVALID', `${path}: not a directory`);
    const packer = new Packer(send);
    await packer.add(directory, name, asked === '..' ? '.' : asked, stats);
    await packer.end();
    return {};
  } finally {
    place.close();
  }
}

class Packer {
  readonly #send: (chunk: Buffer) => Promise<void>;
  readonly #chunks: Buffer[] = [];
  readonly #writer = new TarWriter((chunk) => this.#chunks.push(chunk));
  readonly #first = new Map<string, BytePath>();

  constructor(send: (chunk: Buffer) => Promise<void>) {
    this.#send = send;
  }

  /** What an open directory has by this name, as `path` in the archive; a directory with what is in it. */
  async add(directory: number, name: BytePath, path: BytePath, stats: Stats): Promise<void> {
    if (stats.isFile()) return this.#addFile(directory, name, path);
    if (stats.isSocket()) return;
    this.#writer.header(headerOf(directory, name, path, stats));
    if (stats.isDirectory()) await this.#addBelow(directory, name, path);
    await this.#drain();
  }

  async end(): Promise<void> {
    this.#writer.end();
    await this.#drain();
  }

  async #addBelow(directory: number, name: BytePath, path: BytePath): Promise<void> {
    const fd = openSync(
      fsPath(inDirectory(directory, name)),
      name === '' ? O_RDONLY : O_RDONLY | O_DIRECTORY | O_NOFOLLOW,
    );
    try {
      for (const child of readdirSync(inDirectory(fd, ''), 'latin1').sort()) {
        const stats = lstatSync(fsPath(inDirectory(fd, child)), { throwIfNoEntry: false });
        if (stats !== undefined) await this.add(fd, child, joinBytePath(path, child), stats);
      }
    } finally {
      closeSync(fd);
    }
  }

  async #addFile(directory: number, name: BytePath, path: BytePath): Promise<void> {
    const fd = openSync(fsPath(inDirectory(directory, name)), O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    try {
      const stats = fstatSync(fd);
      if (!stats.isFile()) throw new TsbuildError('CHANGED', `${fromBytePath(path)} is no file any more`);
      const key = `${stats.dev}:${stats.ino}`;
      const first = stats.nlink > 1 ? this.#first.get(key) : undefined;
      const common = { ...attributesOf(stats), path };
      if (first !== undefined) {
        this.#writer.header({ ...common, type: 'hardlink', linkPath: first, size: 0 });
        return;
      }
      this.#first.set(key, path);
      this.#writer.header({ ...common, type: 'file', size: stats.size });
      for (let left = stats.size; left > 0; ) {
        const buffer = Buffer.allocUnsafe(Math.min(READ_SIZE, left));
        const read = readSync(fd, buffer);
        if (read === 0) break;
        left -= read;
        this.#writer.data(buffer.subarray(0, read));
        await this.#drain();
      }
    } finally {
      closeSync(fd);
    }
  }

  async #drain(): Promise<void> {
    for (const chunk of this.#chunks.splice(0)) await this.#send(chunk);
  }
}

function attributesOf(stats: Stats) {
  const { uid, gid } = stats;
  return { mode: stats.mode & 0o7777, uid, gid, mtime: Math.floor(stats.mtimeMs / 1000) };
}

function headerOf(directory: number, name: BytePath, path: BytePath, stats: Stats): TarEntry {
  const common = { ...attributesOf(stats), path, size: 0 };
  const { type, rdev } = entryOf(stats, '');
  if (type === 'symlink') {
    return { ...common, type, linkPath: readlinkSync(fsPath(inDirectory(directory, name)), 'latin1') };
  }
  if (type === 'char' || type === 'block') {
    const { major, minor } = deviceNumbers(rdev);
    return { ...common, type, devMajor: major, devMinor: minor };
  }
  return { ...common, type: type === 'directory' ? 'directory' : 'fifo' };
}
