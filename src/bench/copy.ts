import { constants, cpSync, lstatSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** Copies a project, with times, modes and links as they are; sockets and pipes are no files of a build. */
export function copyProject(from: string, to: string): void {
  cpSync(from, to, {
    recursive: true,
    preserveTimestamps: true,
    verbatimSymlinks: true,
    mode: constants.COPYFILE_FICLONE,
    filter: (path) => {
      const stats = lstatSync(path);
      return stats.isFile() || stats.isDirectory() || stats.isSymbolicLink();
    },
  });
}

/** Regular files, without those of git's own directory. */
export function* filesBelow(directory: string): Generator<string> {
  for (const entry of readdirSync(directory, { withFileTypes: true })) {
    const path = join(directory, entry.name);
    if (entry.isDirectory() && entry.name !== '.git') yield* filesBelow(path);
    else if (entry.isFile()) yield path;
  }
}
