import { closeSync, constants, fstatSync, openSync, readFileSync, realpathSync, type Stats } from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { type BytePath, fromBytePath, fsPath, toBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError, toTsbuildError } from '../base/error.ts';
import type { Files } from '../base/files.ts';

/** Longest build file or ignore file that is read, in bytes. Generated ones of 100,000 lines have some megabytes. */
const MAX_SIZE = 16 * 1024 * 1024;

export interface ReadTextOptions {
  /** What the file is to the reader of an error, e.g. `build file`. */
  what: string;
  /** A file in this directory must really lie in it: a context from a stranger may link to any file of the machine. */
  within?: string | undefined;
  /** A pipe that the user named, as a shell's `<(…)` is, is read to its end; it holds us up until then. */
  pipes: boolean;
  /** The files as they are, where absent. */
  files?: Files | undefined;
}

/** The text of a small file; undefined where it does not exist. Never waits for a fifo and never reads a device. */
export function readText(path: string, options: ReadTextOptions): string | undefined {
  let fd: number;
  try {
    const place = placeOf(path, options);
    if (place === undefined) return undefined;
    fd = openSync(place, constants.O_RDONLY | (options.pipes ? 0 : constants.O_NONBLOCK));
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw unreadable(error);
  }
  try {
    requireText(path, fstatSync(fd), options);
    return readFileSync(fd, 'utf8');
  } finally {
    closeSync(fd);
  }
}

/** Where the file can be read. Undefined where nothing was there. */
function placeOf(path: string, { files, ...options }: ReadTextOptions): string | Buffer | undefined {
  if (files === undefined) {
    requireInside(path, options);
    return path;
  }
  const real = resolveLinks(path, files);
  if (files.lstat(real) === undefined) return undefined;
  const { within } = options;
  if (within !== undefined && path.startsWith(within + sep) && !fromBytePath(real).startsWith(within + sep)) {
    throw leadsOut(path, fromBytePath(real), options);
  }
  return fsPath(files.place(real));
}

/** So many links the kernel follows, too. */
const MAX_LINKS = 40;

/** Follows the last name of a path as long as it is a link; on the way to it, links as they are now. */
export function resolveLinks(path: string, files: Files): BytePath {
  let at = withRealParent(resolve(path));
  for (let links = 0; files.lstat(toBytePath(at))?.isSymbolicLink() && links < MAX_LINKS; links++) {
    at = withRealParent(resolve(dirname(at), fromBytePath(files.readlink(toBytePath(at)))));
  }
  return toBytePath(at);
}

/** A directory that is not there now has no links that could be followed. */
function withRealParent(path: string): string {
  try {
    return join(realpathSync(dirname(path)), basename(path));
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return path;
    throw error;
  }
}

function requireText(path: string, stats: Stats, { what, pipes }: ReadTextOptions): void {
  if (stats.isDirectory()) throw new TsbuildError('INVALID', `${what} ${path} is a directory`);
  if (!stats.isFile() && !(pipes && stats.isFIFO())) {
    throw new TsbuildError('INVALID', `${what} ${path} is not a regular file`);
  }
  if (stats.size <= MAX_SIZE) return;
  throw new TsbuildError('INVALID', `${what} ${path} has ${stats.size} bytes, more than the ${MAX_SIZE} that are read`);
}

function requireInside(path: string, options: Omit<ReadTextOptions, 'files'>): void {
  const { within } = options;
  if (within === undefined || !path.startsWith(within + sep)) return;
  const real = realpathSync(path);
  if (!real.startsWith(within + sep)) throw leadsOut(path, real, options);
}

function leadsOut(path: string, real: string, { what }: Pick<ReadTextOptions, 'what'>): TsbuildError {
  return new TsbuildError('INVALID', `${what} ${path} leads out of the build context, to ${real}`, {
    hint: 'a context must not name files of the machine; if you mean that file, say so with -f FILE',
  });
}

export function unreadable(error: unknown): unknown {
  if (!isErrno(error, 'EACCES', 'EPERM')) return error;
  return new TsbuildError('PERMISSION', toTsbuildError(error).message, {
    cause: error,
    hint: 'make it readable for the user who builds',
  });
}
