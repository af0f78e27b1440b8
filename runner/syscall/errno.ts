import { constants } from 'node:os';
import { getSystemErrorMap } from 'node:util';

/** The name of an error of the operating system, e.g. `ENOSPC`. */
export type ErrnoName = string;

const NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]));
// Two names of one number: the name that people search for wins.
NAMES.set(constants.errno.EAGAIN, 'EAGAIN');
NAMES.set(constants.errno.EOPNOTSUPP, 'EOPNOTSUPP');

/** The name for a positive errno; `E135` where Node knows none. */
export function errnoName(errno: number): ErrnoName {
  return NAMES.get(errno) ?? `E${errno}`;
}

/** Texts that Node lacks. */
const TEXTS = new Map([[constants.errno.ENOEXEC, 'exec format error']]);

/** An error like those of `node:fs`, with `code` and `errno`: `mount overlay: ENOSPC (no space left on device)`. */
export function systemError(what: string, errno: number): NodeJS.ErrnoException {
  const name = errnoName(errno);
  const text = getSystemErrorMap().get(-errno)?.[1] ?? TEXTS.get(errno);
  const message = `${what}: ${name}${text === undefined ? '' : ` (${text})`}`;
  return Object.assign(new Error(message), { code: name, errno: -errno, syscall: what });
}
