import { closeSync, createReadStream, openSync, readSync } from 'node:fs';
import { type BytePath, fsPath, joinBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { LayerWriter } from '../snapshot/layer-writer.ts';
import { unpackInto } from '../snapshot/unpack.ts';
import { decompress, detectCompression } from '../tar/decompress.ts';
import { readTar } from '../tar/read.ts';
import type { Owner } from './users.ts';

const BLOCK = 512;
/** `ustar` and where it stands in a header (POSIX pax, ustar Interchange Format). */
const USTAR = { offset: 257, magic: 'ustar' };

/** The archive in a file, known by its content and not by its name; undefined where there is none. */
export async function archiveIn(path: BytePath): Promise<BytePath | undefined> {
  const start = readStart(path);
  if (detectCompression(start) === 'none') return isTarHeader(start) ? path : undefined;
  try {
    for await (const _ of readTar(decompress(createReadStream(fsPath(path))))) return path;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'INVALID') return undefined;
    throw error;
  }
  return undefined;
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

function isTarHeader(block: Buffer): boolean {
  return (
    block.length === BLOCK && block.toString('latin1', USTAR.offset, USTAR.offset + USTAR.magic.length) === USTAR.magic
  );
}
