import { TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { BuildTarget } from './target.ts';

/** Does a piece of a target's work; where a build has several targets, its errors say which one it was. */
export async function inTarget<T>({ name }: BuildTarget, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (name === undefined) throw error;
    if (error instanceof TsbuildErrors) throw new TsbuildErrors(error.errors.map((one) => named(one, name)));
    throw error instanceof TsbuildError ? named(error, name) : error;
  }
}

/** An error that came through the target that this one is built on already says where it is from. */
function named(error: TsbuildError, target: string): TsbuildError {
  if (/^target [\w-]+: /.test(error.message)) return error;
  const { code, message, hint, cause, location, source, notes } = error;
  return new TsbuildError(code, `target ${target}: ${message}`, { hint, cause, location, source, notes });
}
