import { closeSync, constants, createReadStream, fstatSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { type Digest, digestOf, hexOf } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';

/**
 * A whole file of somebody's OCI layout. NOT_FOUND where it is not there, INVALID where it is no regular file or has
 * more bytes than `limit`.
 */
export function readLayoutFile(layout: string, path: string, limit: number): Buffer {
  const fd = openLayoutFile(layout, path);
  try {
    const { size } = fstatSync(fd);
    if (size > limit) throw new TsbuildError('INVALID', `${join(layout, path)} has ${size} bytes, more than ${limit}`);
    return readFileSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** A small blob of a layout, verified. */
export function readLayoutBlob(layout: string, { digest, size }: Descriptor, limit: number): Buffer {
  if (size > limit) throw new TsbuildError('INVALID', `blob ${digest} has ${size} bytes, more than ${limit}`);
  const bytes = readLayoutFile(layout, pathOf(digest), limit);
  if (digestOf(bytes) !== digest) throw new TsbuildError('INVALID', `blob ${digest} in ${layout} is damaged`);
  return bytes;
}

/** The content of a blob as it is in a layout, not verified. */
export function openLayoutBlob(layout: string, digest: Digest): Readable {
  return createReadStream('', { fd: openLayoutFile(layout, pathOf(digest)) });
}

function pathOf(digest: Digest): string {
  return join('blobs', 'sha256', hexOf(digest));
}

/** Whoever made the layout may have put a pipe there, at which one would wait for ever. */
function openLayoutFile(layout: string, path: string): number {
  const fd = openIfThere(layout, path);
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  throw new TsbuildError('INVALID', `${join(layout, path)} is no regular file`);
}

function openIfThere(layout: string, path: string): number {
  try {
    return openSync(join(layout, path), constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT', 'ENOTDIR')) throw cause;
    throw new TsbuildError('NOT_FOUND', `${path} is not in the OCI layout ${layout}`, { cause });
  }
}
