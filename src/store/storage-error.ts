import { isErrno, toTsbuildError } from '../base/error.ts';

/** A full or forbidden disk as the error that says so; any other error as it is. To be thrown. */
export function storageError(error: unknown): unknown {
  return isErrno(error, 'ENOSPC', 'EDQUOT', 'EACCES', 'EPERM', 'EROFS') ? toTsbuildError(error) : error;
}

/** Runs a piece of work on the disk with its errors as `storageError` says them. */
export function onStorage<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw storageError(error);
  }
}
