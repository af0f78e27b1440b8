import { type BytePath, fromBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';

/** As much of a long path as an error shows. */
const SHOWN = 60;

/** Looks at what `path` names below a root. A step can make trees so deep that no path leads to the end: INVALID. */
export function lookAt<T>(path: BytePath, look: () => T): T {
  try {
    return look();
  } catch (error) {
    throw isErrno(error, 'ENAMETOOLONG') ? pathTooLong(path, error) : error;
  }
}

export function pathTooLong(path: BytePath, cause: unknown): TsbuildError {
  const shown = fromBytePath(path.slice(0, SHOWN));
  const message = `the path of ${path.length} bytes is longer than the system takes: /${shown}…`;
  return new TsbuildError('INVALID', message, { cause });
}
