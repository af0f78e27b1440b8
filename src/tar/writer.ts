import { TsbuildError } from '../base/error.ts';
import { BLOCK_SIZE, paddingOf } from './block.ts';
import { encodeHeader } from './encode.ts';
import type { TarEntry } from './entry.ts';

/** Small pieces leave together: a hash and a file cost about the same for each piece, whatever its size. */
const GATHER_SIZE = 256 * 1024;

/** Content from this size on is passed on as it is instead of being copied. */
const PASS_SIZE = 32 * 1024;

const ZEROS = Buffer.alloc(2 * BLOCK_SIZE);

/**
 * Produces a tar as a sequence of chunks, synchronously: `header`, then `data` until the size of the entry is reached,
 * for each entry, then `end`. `emit` may keep what it gets, except that large pieces are the very buffers that `data`
 * was given: a caller that reads into one buffer again and again needs an `emit` that is done when it returns.
 */
export class TarWriter {
  readonly #emit: (chunk: Buffer) => void;
  #gathered = Buffer.allocUnsafeSlow(GATHER_SIZE);
  #used = 0;
  #path = '';
  #missing = 0;
  #padding = 0;
  #position = 0;

  constructor(emit: (chunk: Buffer) => void) {
    this.#emit = emit;
  }

  /** Starts an entry, after the content of the one before is complete. */
  header(entry: TarEntry): void {
    this.#finishEntry();
    this.#put(encodeHeader(entry));
    this.#path = entry.path;
    this.#missing = entry.size;
    this.#padding = paddingOf(entry.size);
  }

  /** Content of the current entry. Throws CHANGED where there is more of it than the entry said. */
  data(chunk: Buffer): void {
    if (chunk.length > this.#missing) throw new TsbuildError('CHANGED', `${this.#path} grew while it was being read`);
    this.#missing -= chunk.length;
    this.#put(chunk);
  }

  /** Whole entries, as another tar has them: headers, content and padding. */
  members(chunk: Buffer): void {
    this.#finishEntry();
    this.#put(chunk);
  }

  /** Where the next entry starts, once the content of this one is complete. In bytes. */
  get position(): number {
    return this.#position + this.#padding;
  }

  /** Passes on all that there is, so that what follows need not come from this writer. */
  flush(): void {
    this.#finishEntry();
    this.#flush();
  }

  end(): void {
    this.#finishEntry();
    this.#put(ZEROS);
    this.#flush();
  }

  #finishEntry(): void {
    if (this.#missing > 0) throw new TsbuildError('CHANGED', `${this.#path} shrank while it was being read`);
    if (this.#padding > 0) this.#put(ZEROS.subarray(0, this.#padding));
    this.#padding = 0;
  }

  #put(chunk: Buffer): void {
    this.#position += chunk.length;
    if (chunk.length >= PASS_SIZE) {
      this.#flush();
      this.#emit(chunk);
      return;
    }
    if (this.#used + chunk.length > GATHER_SIZE) this.#flush();
    chunk.copy(this.#gathered, this.#used);
    this.#used += chunk.length;
  }

  #flush(): void {
    if (this.#used === 0) return;
    const full = this.#gathered.subarray(0, this.#used);
    this.#gathered = Buffer.allocUnsafeSlow(GATHER_SIZE);
    this.#used = 0;
    this.#emit(full);
  }
}
