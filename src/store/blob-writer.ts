import { createHash } from 'node:crypto';
import { closeSync, fsync, mkdirSync, openSync, renameSync, rmSync, writeSync, writev } from 'node:fs';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import type { Digest } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { onStorage, storageError } from './storage-error.ts';

const sync = promisify(fsync);
const writeVector = promisify(writev);

/** Bytes that `append` collects for one trip to the thread pool. */
const BATCH = 1024 * 1024;

/** What is known of a blob before it is written. */
export interface ExpectedBlob {
  digest?: Digest | undefined;
  /** In bytes. */
  size?: number | undefined;
  /** Whoever gives the content makes sure that it has the digest, and fails at its end where it has not. */
  verified?: boolean | undefined;
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
  /** What `append` has collected, and what it has under way. */
  #batch: Uint8Array[] = [];
  #batchSize = 0;
  #writing: Promise<void> | undefined;

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
    this.#count(chunk);
    this.#guard(() => {
      for (let offset = 0; offset < chunk.length; ) offset += writeSync(fd, chunk, offset);
    });
  }

  /**
   * As `write`, while the next chunk is on its way: the disk has this one some time before the commit. The chunk must
   * not change any more.
   */
  async append(chunk: Uint8Array): Promise<void> {
    this.#open();
    this.#count(chunk);
    this.#batch.push(chunk);
    this.#batchSize += chunk.length;
    if (this.#batchSize >= BATCH) await this.#flush();
  }

  /** Checks what was expected, and gives the blob its name once its content has reached the disk. */
  async commit(): Promise<BlobInfo> {
    const fd = this.#open();
    await this.#flush();
    await this.#written();
    const expected = this.#expected;
    const digest = this.#isVerified(expected) ? expected.digest : (`sha256:${this.#hash.digest('hex')}` as Digest);
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

  /** The number of a file that is being written must not become that of another one. */
  #close(): void {
    const fd = this.#fd;
    this.#fd = undefined;
    if (fd === undefined) return;
    if (this.#writing === undefined) closeSync(fd);
    else void this.#writing.catch(() => undefined).finally(() => closeSync(fd));
  }

  #count(chunk: Uint8Array): void {
    const { size = Number.POSITIVE_INFINITY } = this.#expected;
    if (this.#size + chunk.length > size) throw this.#mismatch(`more than the ${size} bytes announced`);
    if (!this.#isVerified(this.#expected)) this.#hash.update(chunk);
    this.#size += chunk.length;
  }

  #isVerified(expected: ExpectedBlob): expected is { digest: Digest } {
    return expected.verified === true && expected.digest !== undefined;
  }

  /** Begins to write what has been collected once what was before it has been written. */
  async #flush(): Promise<void> {
    const batch = this.#batch;
    this.#batch = [];
    this.#batchSize = 0;
    await this.#written();
    if (batch.length === 0) return;
    this.#writing = writeAll(this.#open(), batch);
    this.#writing.catch(() => undefined);
  }

  async #written(): Promise<void> {
    try {
      await this.#writing;
      this.#writing = undefined;
    } catch (error) {
      this.#writing = undefined;
      this.abort();
      throw storageError(error);
    }
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

async function writeAll(fd: number, chunks: readonly Uint8Array[]): Promise<void> {
  for (let left = chunks; left.length > 0; ) {
    const { bytesWritten } = await writeVector(fd, left);
    left = without(left, bytesWritten);
  }
}

function without(chunks: readonly Uint8Array[], bytes: number): readonly Uint8Array[] {
  for (const [index, chunk] of chunks.entries()) {
    if (bytes < chunk.length) return [chunk.subarray(bytes), ...chunks.slice(index + 1)];
    bytes -= chunk.length;
  }
  return [];
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
