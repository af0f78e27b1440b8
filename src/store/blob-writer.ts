import { createHash } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Digest } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { onStorage, storageError } from './storage-error.ts';

const sync = promisify(fsync);

/** What is known of a blob before it is written. */
export interface ExpectedBlob {
  digest?: Digest | undefined;
  /** In bytes. */
  size?: number | undefined;
}

export interface BlobInfo {
  digest: Digest;
  /** In bytes. */
  size: number;
}

/**
 * One blob on its way into the store: a file of a temporary name until `commit`. Whoever makes one ends it with
 * `commit` or `abort`; a failed `write` or `commit` has aborted it. Errors: INVALID where the content is not what was
 * expected, NO_SPACE, PERMISSION.
 */
export class BlobWriter {
  readonly #temporary: string;
  readonly #destination: (digest: Digest) => string;
  readonly #expected: ExpectedBlob;
  readonly #hash = createHash('sha256');
  #fd: number | undefined;
  #size = 0;

  constructor(temporary: string, destination: (digest: Digest) => string, expected: ExpectedBlob) {
    this.#temporary = temporary;
    this.#destination = destination;
    this.#expected = expected;
    this.#fd = onStorage(() => createFile(temporary));
  }

  /** Bytes written so far. */
  get size(): number {
    return this.#size;
  }

  write(chunk: Uint8Array): void {
    const fd = this.#open();
    const { size = Number.POSITIVE_INFINITY } = this.#expected;
    if (this.#size + chunk.length > size) throw this.#mismatch(`more than the ${size} bytes announced`);
    this.#hash.update(chunk);
    this.#size += chunk.length;
    this.#guard(() => {
      for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
    });
  }

  /** Checks what was expected, and gives the blob its name once its content has reached the disk. */
  async commit(): Promise<BlobInfo> {
    const fd = this.#open();
    const digest: Digest = `sha256:${this.#hash.digest('hex')}`;
    const expected = this.#expected;
    if (expected.size !== undefined && expected.size !== this.#size) {
      throw this.#mismatch(`${this.#size} bytes instead of ${expected.size}`);
    }
    if (expected.digest !== undefined && expected.digest !== digest) {
      throw this.#mismatch(`the digest ${digest} instead of ${expected.digest}`);
    }
    await sync(fd).catch((error: unknown) => {
      this.abort();
      throw storageError(error);
    });
    this.#guard(() => moveInto(this.#temporary, this.#destination(digest)));
    this.#close();
    return { digest, size: this.#size };
  }

  /** Leaves nothing behind; after a commit it does nothing. */
  abort(): void {
    if (this.#fd === undefined) return;
    this.#close();
    rmSync(this.#temporary, { force: true });
  }

  #close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #open(): number {
    if (this.#fd !== undefined) return this.#fd;
    throw new TsbuildError('INTERNAL', 'a blob was written to after its end');
  }

  #mismatch(what: string): TsbuildError {
    this.abort();
    const name = this.#expected.digest ?? 'the blob';
    return new TsbuildError('INVALID', `the content of ${name} is not what it should be: ${what}`);
  }

  #guard(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.abort();
      throw storageError(error);
    }
  }
}

function createFile(path: string): number {
  try {
    return openSync(path, 'wx', 0o600);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
    return openSync(path, 'wx', 0o600);
  }
}

/** Replaces a blob of that name: it has the same content, unless the disk damaged it. */
function moveInto(from: string, to: string): void {
  try {
    renameSync(from, to);
  } catch (error) {
    if (!isErrno(error, 'ENOENT')) throw error;
    mkdirSync(dirname(to), { recursive: true, mode: 0o700 });
    renameSync(from, to);
  }
}
