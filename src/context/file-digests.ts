import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { type BytePath, fsPath } from '../base/bytepath.ts';
import { DividedWork } from '../threads/divided-work.ts';
import type { Task } from '../threads/task.ts';

const DIGEST_SIZE = 32;

/** How many files, or bytes of files, are read for one part of the work. */
const FILES_OF_PART = 256;
const BYTES_OF_PART = 4 * 1024 * 1024;

const READ_SIZE = 1024 * 1024;
const buffer = Buffer.allocUnsafeSlow(READ_SIZE);

/** The sha256 of a file, read with constant memory. */
export function sha256File(path: BytePath): Buffer {
  const hash = createHash('sha256');
  const fd = openSync(fsPath(path), 'r');
  try {
    for (let read = readSync(fd, buffer); read > 0; read = readSync(fd, buffer)) hash.update(buffer.subarray(0, read));
  } finally {
    closeSync(fd);
  }
  return hash.digest();
}

/** The digests of files one behind the other. */
export const DIGEST_FILES: Task<readonly BytePath[], Uint8Array> = {
  name: 'digest files',
  run: (paths) => {
    const digests = new Uint8Array(paths.length * DIGEST_SIZE);
    for (const [index, path] of paths.entries()) digests.set(sha256File(path), index * DIGEST_SIZE);
    return digests;
  },
};

/** The sha256 of many files, in their order. Errors are those of the file system. */
export async function fileDigests(files: Iterable<{ hostPath: BytePath; size: number }>): Promise<Iterator<Buffer>> {
  const digests: Uint8Array[] = [];
  const work = new DividedWork({ task: DIGEST_FILES, done: (result) => digests.push(result) });
  try {
    for (const part of partsOf(files)) await work.add(part);
    await work.end();
  } finally {
    await work.abandon();
  }
  return each(digests);
}

function* each(digests: readonly Uint8Array[]): Generator<Buffer> {
  for (const { buffer: bytes, byteLength } of digests) {
    for (let at = 0; at < byteLength; at += DIGEST_SIZE) yield Buffer.from(bytes, at, DIGEST_SIZE);
  }
}

function* partsOf(files: Iterable<{ hostPath: BytePath; size: number }>): Generator<BytePath[]> {
  let part: BytePath[] = [];
  let bytes = 0;
  for (const { hostPath, size } of files) {
    part.push(hostPath);
    bytes += size;
    if (part.length < FILES_OF_PART && bytes < BYTES_OF_PART) continue;
    yield part;
    part = [];
    bytes = 0;
  }
  if (part.length > 0) yield part;
}
