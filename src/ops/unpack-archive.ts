import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { unpackInto } from '../snapshot/unpack.ts';
import { decompress, detectCompression } from '../tar/decompress.ts';
import { readTar } from '../tar/read.ts';
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

/** Unpacks into a directory of the layer. Nothing in the archive leads out of the root. */
export async function unpackArchive(
  path: BytePath,
  writer: LayerWriter,
  directory: BytePath,
  owner: Owner | undefined,
): Promise<void> {
  await unpackInto(decompress(createReadStream(fsPath(path))), writer, (entry) => ({
    ...entry,
    ...owner,
    path: joinBytePath(directory, entry.path),
    linkPath: entry.type === 'hardlink' ? joinBytePath(directory, entry.linkPath ?? '') : entry.linkPath,
  }));
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
