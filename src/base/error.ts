import type { SourceFile, SourceRange } from './source.ts';

/**
 * Stable names of everything that can go wrong. A script may compare them, so a code is never renamed.
 * The exit code of the process follows from the code (see `exitCodeOf`).
 */
export type ErrorCode =
  | 'SYNTAX' // the build file is not well formed
  | 'UNSUPPORTED' // well formed, and a feature that this version does not execute
  | 'INVALID' // a value, flag or reference that means nothing
  | 'USAGE' // the command line is wrong
  | 'NOT_FOUND' // a file, image, stage or object that does not exist
  | 'CONFLICT' // two things that exclude each other
  | 'STEP_FAILED' // a RUN ended with a status that is not 0
  | 'CHANGED' // an input changed while it was being read
  | 'SANDBOX' // the machine does not let us make a sandbox
  | 'PERMISSION' // the operating system refused
  | 'NO_SPACE' // the disk or a quota is full
  | 'STORE' // the store is damaged or of another format
  | 'REGISTRY' // a registry refused or answered nonsense
  | 'NETWORK' // a server could not be reached
  | 'DENIED' // a registry wants other credentials
  | 'CANCELLED' // a signal or the failure of another step
  | 'INTERNAL'; // a defect of tsbuild

export interface ErrorDetails {
  /** What the reader can do next: one sentence or a command. */
  hint?: string | undefined;
  cause?: unknown;
  /** Where in a build file the error was found. */
  location?: SourceRange | undefined;
  /** The file that `location` points into. */
  source?: SourceFile | undefined;
  /** Lines printed below the message: the last output of a step, a list of probes. */
  notes?: readonly string[] | undefined;
}

/** The one error class that reaches a user: a stable code, what happened, and what to do next. */
export class TsbuildError extends Error {
  override readonly name = 'TsbuildError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly location: SourceRange | undefined;
  readonly source: SourceFile | undefined;
  /** Not `details`: uvu takes a text by that name for its own, and says nothing of an error that has another. */
  readonly notes: readonly string[];

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.location = details.location;
    this.source = details.source;
    this.notes = details.notes ?? [];
  }

  /** The same error, pointing at `location` unless it already points somewhere. */
  at(location: SourceRange | undefined, source: SourceFile | undefined): TsbuildError {
    if (this.location !== undefined || location === undefined) return this;
    return new TsbuildError(this.code, this.message, {
      hint: this.hint,
      cause: this.cause,
      location,
      source,
      notes: this.notes,
    });
  }
}

/** Several errors of one file, found in one pass. */
export class TsbuildErrors extends Error {
  override readonly name = 'TsbuildErrors';
  readonly errors: readonly TsbuildError[];

  constructor(errors: readonly TsbuildError[]) {
    super(errors.map((error) => error.message).join('\n'));
    this.errors = errors;
  }
}

export function isErrno(error: unknown, ...codes: string[]): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && codes.includes(String(error.code));
}

/** Turns any thrown value into the error that is shown; what we did not foresee becomes INTERNAL. */
export function toTsbuildError(error: unknown): TsbuildError {
  if (error instanceof TsbuildError) return error;
  if (error instanceof TsbuildErrors && error.errors[0] !== undefined) return error.errors[0];
  if (isErrno(error, 'ENOSPC', 'EDQUOT')) {
    return new TsbuildError('NO_SPACE', `no space left on the device: ${pathOf(error) ?? error.message}`, {
      cause: error,
      hint: 'free space with `tsbuild prune`, or choose another disk with --root DIR',
    });
  }
  if (isErrno(error, 'EACCES', 'EPERM', 'EROFS')) {
    return new TsbuildError('PERMISSION', refusalOf(error), { cause: error });
  }
  const message = error instanceof Error ? error.message : String(error);
  return new TsbuildError('INTERNAL', message, { cause: error });
}

/** Of two paths the one that is written. */
function pathOf(error: NodeJS.ErrnoException & { dest?: string }): string | undefined {
  return error.dest ?? error.path;
}

const REFUSALS: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'read-only file system',
};
const VERBS: Readonly<Record<string, string>> = { scandir: 'list', mkdir: 'make', mkdtemp: 'make', unlink: 'remove' };

/** `cannot open /x: permission denied (EACCES)`; other messages as the system has them. */
function refusalOf(error: NodeJS.ErrnoException): string {
  const { code = '', syscall } = error;
  const path = pathOf(error);
  if (path === undefined || syscall === undefined) return error.message;
  return `cannot ${VERBS[syscall] ?? syscall} ${path}: ${REFUSALS[code]} (${code})`;
}

/**
 * The exit code of the process for an error code. 130 and 143 (signals) are set where the signal is handled;
 * a failed `tsbuild run` passes on the container's own code.
 */
export function exitCodeOf(code: ErrorCode): number {
  return code === 'USAGE' ? 2 : 1;
}
