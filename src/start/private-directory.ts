import { existsSync, lstatSync, mkdirSync } from 'node:fs';
import { dirname, isAbsolute, join } from 'node:path';

const WRITABLE_BY_OTHERS = 0o022;
const OPEN_TO_OTHERS = 0o077;

/**
 * `tsbuild` below the cache directory of the user (XDG base directory specification); undefined where the environment
 * names none.
 */
export function userCacheDirectory({ XDG_CACHE_HOME: cache, HOME: home }: NodeJS.ProcessEnv): string | undefined {
  if (cache !== undefined && isAbsolute(cache)) return join(cache, 'tsbuild');
  return home !== undefined && isAbsolute(home) ? join(home, '.cache', 'tsbuild') : undefined;
}

/**
 * Whether nobody but this user can put anything in the place of what is in the directory: it is ours alone, and the two
 * above it are no others' to write. So `sudo` with the home directory of somebody else is refused, and so is a link.
 */
export function isPrivate(directory: string): boolean {
  const above = dirname(directory);
  return (
    isOurs(directory, OPEN_TO_OTHERS) && isOurs(above, WRITABLE_BY_OTHERS) && isOurs(dirname(above), WRITABLE_BY_OTHERS)
  );
}

/** Makes the directory where there is none, and the one above it. Errors are those of the file system. */
export function makePrivate(directory: string): void {
  // One by one: told to make all of them, Node tries for ever below /proc.
  for (const path of [dirname(directory), directory]) {
    if (!existsSync(path)) mkdirSync(path, { mode: 0o700 });
  }
}

function isOurs(directory: string, forbidden: number): boolean {
  const found = lstatSync(directory, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.geteuid?.() && (found.mode & forbidden) === 0;
}
