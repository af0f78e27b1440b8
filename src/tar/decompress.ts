import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { isErrno, TsbuildError } from '../base/error.ts';
import { filterThrough } from './program.ts';

export type Compression = 'none' | 'gzip' | 'zstd' | 'bzip2' | 'xz';

const MAGICS: readonly (readonly [Compression, Buffer])[] = [
  ['gzip', Buffer.from([0x1f, 0x8b, 0x08])],
  ['zstd', Buffer.from([0x28, 0xb5, 0x2f, 0xfd])],
  ['bzip2', Buffer.from('BZh')],
  ['xz', Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00])],
];

const LONGEST_MAGIC = 6;

/** Fewer and larger pieces: each one costs a turn of the event loop. */
const OUTPUT_CHUNK = 256 * 1024;

/** Tells by the first bytes; what is none of the known compressions is taken as it is. */
export function detectCompression(start: Buffer): Compression {
  return MAGICS.find(([, magic]) => start.subarray(0, magic.length).equals(magic))?.[0] ?? 'none';
}

export interface DecompressOptions {
  /** Bytes of output after which a source counts as a bomb: INVALID. No limit by default. */
  limit?: number | undefined;
  /** Beyond the limit a source may still have this many times the bytes that were read of it. */
  ratio?: number | undefined;
}

/** Undoes the compression that the first bytes show, of all members or frames that follow one another. */
export async function* decompress(
  source: AsyncIterable<Buffer>,
  options: DecompressOptions = {},
): AsyncGenerator<Buffer> {
  const { start, whole } = await peek(source);
  const input = counted(whole);
  const output = decoderOf(detectCompression(start))(input.chunks);
  const { limit = Number.POSITIVE_INFINITY, ratio = 0 } = options;
  let total = 0;
  for await (const chunk of output) {
    total += chunk.length;
    if (total > limit && total > ratio * input.bytes()) {
      throw new TsbuildError('INVALID', `compressed data expands to more than ${limit} bytes`, {
        hint: 'if it is no bomb, let it through with `limits` in config.yaml',
      });
    }
    yield chunk;
  }
}

function counted(source: AsyncIterable<Buffer>): { chunks: AsyncIterable<Buffer>; bytes: () => number } {
  let bytes = 0;
  async function* chunks(): AsyncGenerator<Buffer> {
    for await (const chunk of source) {
      bytes += chunk.length;
      yield chunk;
    }
  }
  return { chunks: chunks(), bytes: () => bytes };
}

function decoderOf(compression: Compression): (source: AsyncIterable<Buffer>) => AsyncIterable<Buffer> {
  if (compression === 'none') return (source) => source;
  if (compression === 'gzip') return (source) => inflate(source, zlib.createGunzip({ chunkSize: OUTPUT_CHUNK }));
  if (compression === 'zstd') return unzstd;
  return (source) => filterThrough(compression, ['-d', '-c'], source);
}

/** Node has zstd from 22.15 on; before, the program does it. */
function unzstd(source: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  const { createZstdDecompress } = zlib as { createZstdDecompress?: (options: zlib.ZlibOptions) => zlib.Gunzip };
  if (createZstdDecompress !== undefined) return inflate(source, createZstdDecompress({ chunkSize: OUTPUT_CHUNK }));
  return filterThrough('zstd', ['-d', '-c', '-q'], source);
}

async function* inflate(source: AsyncIterable<Buffer>, decoder: zlib.Gunzip): AsyncGenerator<Buffer> {
  pipeline(Readable.from(source), decoder, () => undefined);
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (error) {
    if (!isErrno(error, 'Z_DATA_ERROR', 'Z_BUF_ERROR') && !isZstdError(error)) throw error;
    throw new TsbuildError('INVALID', `damaged compressed data: ${error.message}`, { cause: error });
  }
}

function isZstdError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && String(error.code).startsWith('ZSTD_error_');
}

/** Reads until the magic bytes are there. `whole` is the source from its beginning. */
async function peek(source: AsyncIterable<Buffer>): Promise<{ start: Buffer; whole: AsyncIterable<Buffer> }> {
  const iterator = source[Symbol.asyncIterator]();
  let start: Buffer = Buffer.alloc(0);
  while (start.length < LONGEST_MAGIC) {
    const next = await iterator.next();
    if (next.done) break;
    start = start.length === 0 ? next.value : Buffer.concat([start, next.value]);
  }
  return { start, whole: resume(start, iterator) };
}

async function* resume(start: Buffer, iterator: AsyncIterator<Buffer>): AsyncGenerator<Buffer> {
  try {
    if (start.length > 0) yield start;
    for (let next = await iterator.next(); !next.done; next = await iterator.next()) yield next.value;
  } finally {
    await iterator.return?.();
  }
}
