import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  openSync,
  readlinkSync,
  readSync,
  type Stats,
  statSync,
} from 'node:fs';
import { type BytePath, fromBytePath, fsPath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { splitPath } from '../snapshot/tree.ts';

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;
/** As many links as the kernel follows in one path (path_resolution(7), ELOOP). */
const MAX_LINKS = 40;

/** Where a path leads: a name in a directory that is held open. An empty name is the directory itself. */
export interface Place {
  directory: number;
  name: BytePath;
  /** Undefined where nothing is there. */
  stats: Stats | undefined;
  /** From the root, without links. */
  path: BytePath;
  close(): void;
}

/** A path that leads through an open directory, and nowhere else whatever happens to names meanwhile. */
export function inDirectory(directory: number, name: BytePath): BytePath {
  return name === '' ? `/proc/self/fd/${directory}` : `/proc/self/fd/${directory}/${name}`;
}

/**
 * A directory that others change while we look: the root of a running container. Paths are followed name by name
 * through open directories; links start at the root and `..` stops there, so that nothing leads out of it.
 */
export class LiveRoot {
  readonly #root: string;

  constructor(root: string) {
    this.#root = root;
  }

  /** `followLast`: whether a link in the last place is followed. */
  resolve(path: BytePath, { followLast }: { followLast: boolean }): Place {
    const walk = new Walk(this.#open());
    try {
      const stats = walk.follow(path, followLast);
      return { ...walk.place(), stats, close: () => walk.close() };
    } catch (error) {
      walk.close();
      throw error;
    }
  }

  /** The content of a file, through links; undefined where there is none, or a larger one, or no file. */
  readSmallFile(path: BytePath, limit: number): Buffer | undefined {
    const place = this.#look(path);
    if (place === undefined) return undefined;
    try {
      if (!place.stats?.isFile()) return undefined;
      return readUpTo(fsPath(inDirectory(place.directory, place.name)), limit);
    } finally {
      place.close();
    }
  }

  /** Undefined also where a link or what is no directory has taken the place of a directory. */
  #look(path: BytePath): Place | undefined {
    try {
      return this.resolve(path, { followLast: true });
    } catch (error) {
      if (error instanceof TsbuildError) return undefined;
      throw error;
    }
  }

  /** The root of a process that has ended may have become that of another: ours is meant by its own name only. */
  #open(): number {
    const root = openSync(this.#root, O_RDONLY | O_DIRECTORY);
    const [found, ours] = [fstatSync(root), statSync('/')];
    if (this.#root === '/' || found.dev !== ours.dev || found.ino !== ours.ino) return root;
    closeSync(root);
    throw new TsbuildError('CHANGED', 'the container has ended');
  }
}

/** Neither waits for a fifo nor reads a device without end, either of which may have taken the file's place. */
function readUpTo(path: string | Buffer, limit: number): Buffer | undefined {
  let file: number | undefined;
  try {
    file = openSync(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stats = fstatSync(file);
    if (!stats.isFile() || stats.size > limit) return undefined;
    const content = Buffer.alloc(stats.size);
    return content.subarray(0, readSync(file, content));
  } catch (error) {
    if (!isErrno(error, 'ELOOP', 'ENOENT', 'ENXIO')) throw error;
    return undefined;
  } finally {
    if (file !== undefined) closeSync(file);
  }
}

class Walk {
  /** The root and the directories below it, each open. */
  readonly #open: number[];
  readonly #names: BytePath[] = [];
  #last: BytePath = '';

  constructor(root: number) {
    this.#open = [root];
  }

  place(): Pick<Place, 'directory' | 'name' | 'path'> {
    const path = [...this.#names, this.#last].filter((name) => name !== '').join('/');
    return { directory: this.#top(), name: this.#last, path };
  }

  follow(path: BytePath, followLast: boolean): Stats | undefined {
    const pending = splitPath(path).reverse();
    for (let links = 0; pending.length > 0; ) {
      const name = pending.pop() as BytePath;
      if (name === '..') {
        this.#up();
        continue;
      }
      const isLast = pending.length === 0;
      const stats = lstatSync(fsPath(inDirectory(this.#top(), name)), { throwIfNoEntry: false });
      if (stats?.isSymbolicLink() && (!isLast || followLast)) {
        if (++links > MAX_LINKS) throw invalid(`too many levels of symbolic links: /${fromBytePath(path)}`);
        const target = readlinkSync(fsPath(inDirectory(this.#top(), name)), 'latin1');
        if (target.startsWith('/')) this.#toRoot();
        pending.push(...splitPath(target).reverse());
      } else if (isLast) {
        this.#last = name;
        return stats;
      } else this.#enter(name, path);
    }
    return fstatSync(this.#top());
  }

  close(): void {
    for (const fd of this.#open.splice(0)) closeSync(fd);
  }

  #top(): number {
    return this.#open.at(-1) as number;
  }

  #enter(name: BytePath, path: BytePath): void {
    try {
      this.#open.push(openSync(fsPath(inDirectory(this.#top(), name)), O_RDONLY | O_DIRECTORY | O_NOFOLLOW));
      this.#names.push(name);
    } catch (error) {
      if (!isErrno(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
      const what = isErrno(error, 'ENOENT') ? 'no such file or directory' : 'not a directory';
      throw new TsbuildError('NOT_FOUND', `/${fromBytePath(path)}: ${what}`);
    }
  }

  #up(): void {
    if (this.#open.length === 1) return;
    closeSync(this.#open.pop() as number);
    this.#names.pop();
  }

  #toRoot(): void {
    while (this.#open.length > 1) this.#up();
  }
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('INVALID', message);
}
