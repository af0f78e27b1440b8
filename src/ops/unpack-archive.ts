import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { abortable } from '../base/abortable.ts';
import { type BytePath, fromBytePath, fsPath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { unpackInto } from '../snapshot/unpack.ts';
import { decompress, detectCompression } from '../tar/decompress.ts';
import { readTar } from '../tar/read.ts';
import { unpackLimits } from './unpack-limits.ts';
import type { Owner } from './users.ts';

/** As much as a header of a tar; a smaller file is none. */
const BLOCK = 512;

/**
 * Whether a file is an archive, by its content and not by its name: something that decompresses, and begins with a
 * valid header of one member (the reference asks the same of Go's archive/tar).
 */
export async function isArchive(path: BytePath): Promise<boolean> {
  const start = readStart(path);
  if (detectCompression(start) === 'none' && start.length < BLOCK) return false;
  const source = createReadStream(fsPath(path));
  try {
    return await hasMember(decompress(source));
  } finally {
    source.destroy();
  }
}

async function hasMember(tar: AsyncIterable<Buffer>): Promise<boolean> {
  try {
    for await (const _ of readTar(tar)) return true;
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code !== 'INVALID') throw error;
  }
  return false;
}

/** A local file that is an archive. */
export interface LocalArchive {
  /** What it is called in errors. */
  name: BytePath;
  path: BytePath;
  /** In bytes. */
  size: number;
}

/** Unpacks into a directory of the layer, out of which nothing in the archive leads. */
export async function unpackArchive(
  archive: LocalArchive,
  writer: LayerWriter,
  place: { directory: BytePath; owner: Owner | undefined },
  signal: AbortSignal,
): Promise<void> {
  const { entries, ...limits } = await unpackLimits();
  const source = createReadStream(fsPath(archive.path));
  try {
    await unpackInto(abortable(decompress(source, limits), signal), writer, { ...place, entries });
  } catch (error) {
    throw error instanceof TsbuildError ? refused(archive, error) : error;
  } finally {
    source.destroy();
  }
}

function refused({ name }: LocalArchive, error: TsbuildError): TsbuildError {
  if (error.code !== 'INVALID' && error.code !== 'UNSUPPORTED') return error;
  return new TsbuildError(error.code, `cannot unpack ${fromBytePath(name)}: ${error.message}`, {
    hint: 'COPY, or ADD --unpack=false, takes the file as it is',
    cause: error,
  });
}

function readStart(path: BytePath): Buffer {
  const buffer = Buffer.alloc(BLOCK);
  const fd = openSync(fsPath(path), 'r');
  try {
    return buffer.subarray(0, readSync(fd, buffer));
  } finally {
    closeSync(fd);
  }
}
