import { closeSync, constants, openSync, readSync } from 'node:fs';
import { type BytePath, fsPath } from '../base/bytepath.ts';

/**
 * Up to here, reading a file and writing it through one descriptor takes half the time of `copyFile`, which asks for
 * clones and works on paths; above, the kernel's copy wins, and clones save space.
 */
const SMALL = 128 * 1024;

const buffer = Buffer.allocUnsafeSlow(SMALL + 1);

/**
 * The content of a small file, and undefined for a larger one. The result is only good until the next call. Does not
 * follow a link and does not wait for a fifo, either of which may have taken the file's place.
 */
export function readSmallFile(path: BytePath): Buffer | undefined {
  const fd = openSync(fsPath(path), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    let length = 0;
    for (let read = -1; read !== 0 && length <= SMALL; length += read) {
      read = readSync(fd, buffer, length, buffer.length - length, null);
    }
    return length <= SMALL ? buffer.subarray(0, length) : undefined;
  } finally {
    closeSync(fd);
  }
}
