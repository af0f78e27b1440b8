import { createHash, type Hash } from 'node:crypto';
import { type BytePath, fromBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import { type Compression, decompress, detectCompression } from '../tar/decompress.ts';
import type { TarEntry, TarEntryType } from '../tar/entry.ts';
import { TarParser } from '../tar/parser.ts';

export interface LayerFindings {
  /** Of the blob as it is. */
  digest: Digest;
  size: number;
  compression: Compression;
  /** The digest of the uncompressed tar. */
  diffId: Digest;
  problems: readonly string[];
}

const WHITEOUT = '.wh.';
const OPAQUE = '.wh..wh..opq';
const END_OF_ARCHIVE = 1024;
const MAX_PROBLEMS = 20;

/** Reads a layer blob from end to end and says what it is and what is wrong with its entries. */
export async function inspectLayer(content: AsyncIterable<Buffer>): Promise<LayerFindings> {
  const blob = new Measured(content);
  const uncompressed = createHash('sha256');
  const entries = new EntryChecker();
  const parser = new TarParser({ entry: (entry) => entries.add(entry), data: () => {}, end: () => {} });
  const tail = new Tail();
  for await (const chunk of decompress(blob.chunks())) {
    uncompressed.update(chunk);
    parser.write(chunk);
    tail.add(chunk);
  }
  parser.end();
  const problems = [...entries.problems, ...tail.problems()].slice(0, MAX_PROBLEMS);
  return {
    digest: digestFrom(blob.hash),
    size: blob.size,
    compression: detectCompression(blob.start),
    diffId: digestFrom(uncompressed),
    problems,
  };
}

/** Hashes a stream on its way to the decompressor. */
class Measured {
  readonly hash = createHash('sha256');
  size = 0;
  start = Buffer.alloc(0);
  readonly #source: AsyncIterable<Buffer>;

  constructor(source: AsyncIterable<Buffer>) {
    this.#source = source;
  }

  async *chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of this.#source) {
      this.hash.update(chunk);
      this.size += chunk.length;
      if (this.start.length < 8) this.start = Buffer.concat([this.start, chunk.subarray(0, 8)]);
      yield chunk;
    }
  }
}

/** A tar ends with two blocks of zeros; some tools take an archive without them for a broken download. */
class Tail {
  #size = 0;
  #last = Buffer.alloc(0);

  add(chunk: Buffer): void {
    this.#size += chunk.length;
    this.#last =
      chunk.length >= END_OF_ARCHIVE
        ? Buffer.from(chunk.subarray(-END_OF_ARCHIVE))
        : Buffer.concat([this.#last, chunk]).subarray(-END_OF_ARCHIVE);
  }

  problems(): string[] {
    const ends = this.#last.length === END_OF_ARCHIVE && this.#last.every((byte) => byte === 0);
    return ends && this.#size % 512 === 0 ? [] : ['the tar has no end marker'];
  }
}

class EntryChecker {
  readonly problems: string[] = [];
  readonly #types = new Map<BytePath, TarEntryType>();

  add(entry: TarEntry): void {
    const path = clean(entry.path);
    const shown = JSON.stringify(fromBytePath(entry.path));
    if (escapes(entry.path)) this.problems.push(`${shown} leads out of the layer`);
    if (this.#types.has(path)) this.problems.push(`${shown} is there twice`);
    const parent = this.#types.get(parentOf(path));
    if (parent !== undefined && parent !== 'directory') this.problems.push(`${shown} is below a ${parent}`);
    this.#checkWhiteout(entry, path, shown);
    this.#checkLink(entry, shown);
    this.#types.set(path, entry.type);
  }

  /** image-spec layer.md, Whiteouts: empty files, `.wh.` and the name of what is gone. */
  #checkWhiteout(entry: TarEntry, path: BytePath, shown: string): void {
    const name = path.slice(path.lastIndexOf('/') + 1);
    if (!name.startsWith(WHITEOUT)) return;
    const isNamed = name.length > WHITEOUT.length && !name.slice(WHITEOUT.length).startsWith(WHITEOUT);
    if (!isNamed && name !== OPAQUE) this.problems.push(`${shown} is no whiteout that the specification knows`);
    if (entry.type !== 'file' || entry.size !== 0) this.problems.push(`the whiteout ${shown} is not an empty file`);
  }

  #checkLink({ type, linkPath = '' }: TarEntry, shown: string): void {
    if (type === 'symlink' && linkPath === '') this.problems.push(`the symbolic link ${shown} has no target`);
    if (type !== 'hardlink') return;
    const target = this.#types.get(clean(linkPath));
    if (target === undefined) this.problems.push(`the hard link ${shown} comes before what it links to`);
    if (target === 'directory') this.problems.push(`the hard link ${shown} links to a directory`);
  }
}

function clean(path: BytePath): BytePath {
  const parts = path.split('/').filter((part) => part !== '' && part !== '.');
  return parts.join('/');
}

function escapes(path: BytePath): boolean {
  return path.startsWith('/') || path.split('/').includes('..');
}

function parentOf(path: BytePath): BytePath {
  return path.slice(0, Math.max(path.lastIndexOf('/'), 0));
}

function digestFrom(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}`;
}
