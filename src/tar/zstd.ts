import { pipeline, Readable } from 'node:stream';
import * as zlib from 'node:zlib';
import { filterThrough } from './program.ts';

const DEFAULT_LEVEL = 3;
/** Levels from here on are asked for explicitly (zstd(1)). */
const ULTRA = 20;

interface ZstdZlib {
  createZstdCompress?: (options: { params: Record<number, number> }) => zlib.Gzip;
  constants: { ZSTD_c_compressionLevel?: number };
}

/**
 * One zstd frame of the source: by Node where it can (from 22.15 on), else by the program; UNSUPPORTED where there is
 * neither. The same version of zstd makes the same bytes; another one may make others.
 */
export function zstd(source: AsyncIterable<Buffer>, { level }: { level?: number | undefined }): AsyncIterable<Buffer> {
  const chosen = level || DEFAULT_LEVEL;
  const { createZstdCompress, constants } = zlib as unknown as ZstdZlib;
  if (createZstdCompress === undefined) {
    const ultra = chosen >= ULTRA ? ['--ultra'] : [];
    return filterThrough('zstd', ['-q', '-c', '-T1', ...ultra, `-${chosen}`], source);
  }
  const encoder = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel ?? 100]: chosen } });
  pipeline(Readable.from(source), encoder, () => undefined);
  return encoder as AsyncIterable<Buffer>;
}
