import { createHash } from 'node:crypto';
import {
  closeSync,
  createReadStream,
  createWriteStream,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { uniqueName } from '../base/atomic.ts';
import { type Digest, digestOf, parseDigest } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { type BlobInfo, BlobWriter, type ExpectedBlob } from './blob-writer.ts';
import type { StoreLayout } from './layout.ts';
import { storageError } from './storage-error.ts';

/** Few and large pieces: each costs a trip to the thread pool. */
const READ_CHUNK = 512 * 1024;

/** What `readBytes` reads at most where the caller does not say: manifests and configurations are far smaller. */
const DEFAULT_READ_LIMIT = 8 * 1024 * 1024;

/**
 * The blobs, by digest. Who writes holds a session until something names the blob (an image, a record): prune
 * deletes what nothing names, and waits for sessions.
 */
export class ContentStore {
  readonly #layout: StoreLayout;
  readonly #ingest: () => string;

  /** `ingest` says in which directory blobs begin; it is on the file system of the store. */
  constructor(layout: StoreLayout, ingest: () => string) {
    this.#layout = layout;
    this.#ingest = ingest;
  }

  /** The file of a blob that may or may not be there. Its content never changes. */
  path(digest: Digest): string {
    return this.#layout.blob(parseDigest(digest));
  }

  has(digest: Digest): boolean {
    return this.size(digest) !== undefined;
  }

  /** Bytes; undefined where the blob is not here. */
  size(digest: Digest): number | undefined {
    return statSync(this.path(digest), { throwIfNoEntry: false })?.size;
  }

  /** The bytes as they are on the disk from `start` on, not verified. NOT_FOUND where the blob is not here. */
  read(digest: Digest, start = 0): Readable {
    return createReadStream('', { fd: this.#open(digest), start, highWaterMark: READ_CHUNK });
  }

  /** The bytes for another machine: fails with STORE at the end where they are not what the digest says. */
  async *readVerified(digest: Digest): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    for await (const chunk of this.read(digest) as AsyncIterable<Buffer>) {
      hash.update(chunk);
      yield chunk;
    }
    if (`sha256:${hash.digest('hex')}` !== digest) throw this.#damaged(digest);
  }

  /** A whole blob, verified; for manifests and configurations. NOT_FOUND, STORE, or INVALID over the limit (bytes). */
  readBytes(digest: Digest, limit = DEFAULT_READ_LIMIT): Buffer {
    const size = this.size(digest);
    if (size !== undefined && size > limit) {
      throw new TsbuildError('INVALID', `blob ${digest} of ${size} bytes is larger than the ${limit} allowed here`);
    }
    const fd = this.#open(digest);
    try {
      const data = readFileSync(fd);
      if (digestOf(data) !== digest) throw this.#damaged(digest);
      return data;
    } finally {
      closeSync(fd);
    }
  }

  writer(expected: ExpectedBlob = {}): BlobWriter {
    return new BlobWriter(join(this.#ingest(), uniqueName('blob-')), (digest) => this.path(digest), expected);
  }

  /** What is here already is not written again, nor waited for on its way to the disk. */
  async writeBytes(data: Uint8Array | string, expected: ExpectedBlob = {}): Promise<BlobInfo> {
    const digest = digestOf(data);
    const size = Buffer.byteLength(data);
    const isExpected = (expected.digest ?? digest) === digest && (expected.size ?? size) === size;
    if (isExpected && this.#isIntact(digest, size)) return { digest, size };
    const writer = this.writer(expected);
    writer.write(typeof data === 'string' ? Buffer.from(data) : data);
    return await writer.commit();
  }

  /** Writes all of a stream; where the stream fails nothing is left. */
  async writeStream(source: AsyncIterable<Uint8Array>, expected: ExpectedBlob = {}): Promise<BlobInfo> {
    const writer = this.writer(expected);
    try {
      for await (const chunk of source) writer.write(chunk);
    } catch (error) {
      writer.abort();
      throw error;
    }
    return await writer.commit();
  }

  /** As `writeStream`, of a stream that is slow and verifies itself; its chunks must not change any more. */
  async writeVerified(source: AsyncIterable<Uint8Array>, expected: BlobInfo): Promise<BlobInfo> {
    const writer = this.writer({ ...expected, verified: true });
    try {
      for await (const chunk of source) await writer.append(chunk);
    } catch (error) {
      writer.abort();
      throw error;
    }
    return await writer.commit();
  }

  /** Writes a blob to a file of another place, verified; the file appears when it is complete. */
  async copyTo(digest: Digest, path: string): Promise<void> {
    const temporary = join(dirname(path), uniqueName('.tmp-'));
    mkdirSync(dirname(path), { recursive: true });
    try {
      await pipeline(this.readVerified(digest), createWriteStream(temporary, { flags: 'wx', mode: 0o644 }));
      renameSync(temporary, path);
    } catch (error) {
      rmSync(temporary, { force: true });
      throw error;
    }
  }

  /** Does nothing where the blob is not here. */
  remove(digest: Digest): void {
    rmSync(this.path(digest), { force: true });
  }

  #isIntact(digest: Digest, size: number): boolean {
    if (this.size(digest) !== size) return false;
    return digestOf(readFileSync(this.path(digest))) === digest;
  }

  #open(digest: Digest): number {
    try {
      return openSync(this.path(digest), 'r');
    } catch (error) {
      if (!isErrno(error, 'ENOENT')) throw storageError(error);
      throw new TsbuildError('NOT_FOUND', `blob ${digest} is not in the store`, { cause: error });
    }
  }

  #damaged(digest: Digest): TsbuildError {
    return new TsbuildError('STORE', `blob ${digest} is damaged on the disk`, {
      hint: `delete ${this.path(digest)} and build or pull again`,
    });
  }
}
