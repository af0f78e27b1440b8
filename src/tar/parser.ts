import { TsbuildError } from '../base/error.ts';
import { BLOCK_SIZE, FIELD, paddingOf } from './block.ts';
import { checkChecksum, damaged, decodeHeader, isZeroBlock, Overrides, readNumber } from './decode.ts';
import type { TarEntry } from './entry.ts';
import { parsePax } from './pax.ts';

/** Receives what a tar holds, in its order. What a method throws comes out of the parser's `write`. */
export interface TarHandler {
  entry(entry: TarEntry): void;
  /** A piece of the content of the last entry: a view of what was written into the parser, not a copy. */
  data(chunk: Buffer): void;
  /** The content of the last entry is complete; called for entries without content too. */
  end(): void;
}

export interface TarLimits {
  /** Bytes of PAX headers and GNU long names before one entry, or of global headers altogether. Default 1 MiB. */
  metadata?: number | undefined;
  entries?: number | undefined;
  /** Bytes of content of all entries together. */
  content?: number | undefined;
}

const DEFAULT_METADATA_LIMIT = 1024 * 1024;

type State = 'header' | 'metadata' | 'content' | 'padding' | 'done';

/**
 * A push parser: feed it with `write`, then `end`. Understands ustar, PAX, GNU's long names and base-256 numbers, and
 * the format before ustar. Bytes after the end of the archive are ignored, and an archive may stop without its end
 * marker, as with Go's archive/tar. Throws INVALID for a damaged archive or one over a limit, UNSUPPORTED for sparse
 * files and entries of types that a layer cannot hold.
 */
export class TarParser {
  readonly #handler: TarHandler;
  readonly #limits: TarLimits;
  readonly #partial = Buffer.allocUnsafe(BLOCK_SIZE);
  #partialLength = 0;
  readonly #overrides = new Overrides();
  #state: State = 'header';
  /** Bytes until the state ends. */
  #remaining = 0;
  #padding = 0;
  #metadata = Buffer.alloc(0);
  #metadataFlag = '';
  #localBytes = 0;
  #globalBytes = 0;
  #zeroBlocks = 0;
  #entries = 0;
  #content = 0;

  constructor(handler: TarHandler, limits: TarLimits = {}) {
    this.#handler = handler;
    this.#limits = limits;
  }

  write(chunk: Buffer): void {
    for (let offset = 0; offset < chunk.length; ) offset = this.#step(chunk, offset);
  }

  /** The input ended. */
  end(): void {
    const inside = this.#state === 'content' || this.#state === 'metadata';
    if (inside || this.#partialLength > 0 || this.#localBytes > 0) throw damaged('it ends too early');
  }

  /** Consumes some of the chunk from `offset` and returns where it stopped. */
  #step(chunk: Buffer, offset: number): number {
    if (this.#state === 'header') return this.#stepHeader(chunk, offset);
    if (this.#state === 'done') return chunk.length;
    const end = Math.min(chunk.length, offset + this.#remaining);
    this.#remaining -= end - offset;
    if (this.#state === 'content') this.#handler.data(chunk.subarray(offset, end));
    else if (this.#state === 'metadata')
      chunk.copy(this.#metadata, this.#metadata.length - this.#remaining - (end - offset), offset, end);
    if (this.#remaining === 0) this.#leave();
    return end;
  }

  #leave(): void {
    if (this.#state === 'content') this.#handler.end();
    else if (this.#state === 'metadata') this.#applyMetadata();
    this.#remaining = this.#state === 'padding' ? 0 : this.#padding;
    this.#state = this.#remaining > 0 ? 'padding' : 'header';
  }

  #stepHeader(chunk: Buffer, offset: number): number {
    if (this.#partialLength === 0 && chunk.length - offset >= BLOCK_SIZE) {
      this.#header(chunk, offset);
      return offset + BLOCK_SIZE;
    }
    const end = Math.min(chunk.length, offset + BLOCK_SIZE - this.#partialLength);
    this.#partialLength += chunk.copy(this.#partial, this.#partialLength, offset, end);
    if (this.#partialLength === BLOCK_SIZE) {
      this.#partialLength = 0;
      this.#header(this.#partial, 0);
    }
    return end;
  }

  #header(block: Buffer, start: number): void {
    if (block[start] === 0 && isZeroBlock(block, start)) {
      if (++this.#zeroBlocks === 2) this.#state = 'done';
      return;
    }
    if (this.#zeroBlocks > 0) throw damaged('a lone zero block');
    checkChecksum(block, start);
    const flag = String.fromCharCode(block[start + FIELD.typeFlag.offset] as number);
    if (flag === 'x' || flag === 'g' || flag === 'L' || flag === 'K') this.#startMetadata(block, start, flag);
    else this.#startEntry(block, start, flag);
  }

  #startMetadata(block: Buffer, start: number, flag: string): void {
    const size = readNumber(block, start, FIELD.size);
    const limit = this.#limits.metadata ?? DEFAULT_METADATA_LIMIT;
    if (flag === 'g') this.#globalBytes += size;
    else this.#localBytes += size;
    if (size < 0 || this.#globalBytes > limit || this.#localBytes > limit)
      throw damaged('an extended header is too large');
    this.#metadata = Buffer.allocUnsafe(size);
    this.#metadataFlag = flag;
    this.#enter('metadata', size);
  }

  #applyMetadata(): void {
    const data = this.#metadata;
    if (this.#metadataFlag === 'g') parsePax(data, this.#overrides.global);
    else if (this.#metadataFlag === 'x') parsePax(data, this.#overrides.local);
    else {
      const nul = data.indexOf(0);
      const name = data.toString('latin1', 0, nul < 0 ? data.length : nul);
      this.#overrides.local.set(this.#metadataFlag === 'L' ? 'path' : 'linkpath', name);
    }
  }

  #startEntry(block: Buffer, start: number, flag: string): void {
    if (flag === 'S' || this.#overrides.isSparse()) {
      throw new TsbuildError('UNSUPPORTED', 'the tar holds a sparse file', {
        hint: 'make the archive again without the option --sparse',
      });
    }
    const entry = decodeHeader(block, start, this.#overrides);
    this.#overrides.local.clear();
    this.#localBytes = 0;
    this.#count(entry);
    this.#handler.entry(entry);
    this.#enter('content', entry.size);
  }

  #count(entry: TarEntry): void {
    const { entries = Number.POSITIVE_INFINITY, content = Number.POSITIVE_INFINITY } = this.#limits;
    this.#content += entry.size;
    if (++this.#entries > entries) throw damaged(`more than ${entries} entries`);
    if (this.#content > content) throw damaged(`more than ${content} bytes of content`);
  }

  #enter(state: State, size: number): void {
    this.#state = state;
    this.#remaining = size;
    this.#padding = paddingOf(size);
    if (size === 0) this.#leave();
  }
}
