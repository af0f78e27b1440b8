import { closeSync, openSync } from 'node:fs';

/**
 * Calls `use` with a path of a file in a directory that is short enough for the address of a socket (unix(7): 107
 * bytes), wherever the directory is. The path holds until the result is there.
 */
export async function withShortPath<T>(
  directory: string,
  name: string,
  use: (path: string) => T | Promise<T>,
): Promise<T> {
  const fd = openSync(directory, 'r');
  try {
    return await use(`/proc/self/fd/${fd}/${name}`);
  } finally {
    closeSync(fd);
  }
}
