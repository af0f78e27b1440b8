import { closeSync, constants, copyFileSync, ftruncateSync, openSync, readSync, unlinkSync, writeSync } from 'node:fs';
import { dataExtents } from '../../runner/syscall/index.ts';
import { turn } from '../base/abortable.ts';
import { type BytePath, fsPath } from '../base/bytepath.ts';
import { isErrno } from '../base/error.ts';
import type { TreeEntry } from './tree.ts';

const BLOCK = 512;
/** Below, holes are not worth a look: asking for them costs one process. */
const MIN_SIZE = 1024 * 1024;
const READ_SIZE = 1024 * 1024;
/** How much is copied before other work of this process gets a turn. */
const TURN_SIZE = 16 * READ_SIZE;

/** Whether less is allocated for a file than it is long. */
export function isSparse({ type, size, blocks }: TreeEntry): boolean {
  return type === 'file' && size >= MIN_SIZE && blocks * BLOCK < size;
}

/**
 * Copies a file into one that does not exist, with its holes: a clone where the file system can, else what is data and
 * nothing else. Neither time nor space depends on the size of the holes.
 */
export async function copySparse(from: BytePath, to: BytePath, size: number, signal: AbortSignal): Promise<void> {
  if (isCloned(from, to)) return;
  const extents = await dataExtents(from);
  const source = openSync(fsPath(from), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const target = openSync(fsPath(to), 'wx', 0o600);
    try {
      const copy = new ExtentCopy(source, target, signal);
      for (const { start, end } of extents) await copy.part(start, end);
      ftruncateSync(target, size);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

const NO_CLONES = ['EOPNOTSUPP', 'ENOTSUP', 'EXDEV', 'EINVAL', 'ENOTTY', 'ENOSYS'];

function isCloned(from: BytePath, to: BytePath): boolean {
  try {
    copyFileSync(fsPath(from), fsPath(to), constants.COPYFILE_FICLONE_FORCE | constants.COPYFILE_EXCL);
    return true;
  } catch (error) {
    if (!isErrno(error, ...NO_CLONES)) throw error;
    unlinkIfThere(to);
    return false;
  }
}

function unlinkIfThere(path: BytePath): void {
  try {
    unlinkSync(fsPath(path));
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
  }
}

class ExtentCopy {
  readonly #buffer = Buffer.allocUnsafe(READ_SIZE);
  readonly #source: number;
  readonly #target: number;
  readonly #signal: AbortSignal;
  #sinceTurn = 0;

  constructor(source: number, target: number, signal: AbortSignal) {
    this.#source = source;
    this.#target = target;
    this.#signal = signal;
  }

  /** The file may have become shorter meanwhile: whoever copies compares it with what it was. */
  async part(start: number, end: number): Promise<void> {
    for (let at = start; at < end; ) {
      const read = readSync(this.#source, this.#buffer, 0, Math.min(READ_SIZE, end - at), at);
      if (read === 0) return;
      for (let done = 0; done < read; ) {
        done += writeSync(this.#target, this.#buffer, done, read - done, at + done);
      }
      at += read;
      this.#sinceTurn += read;
      if (this.#sinceTurn < TURN_SIZE) continue;
      this.#sinceTurn = 0;
      await turn(this.#signal);
    }
  }
}
