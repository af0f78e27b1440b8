import { TsbuildError } from '../../src/base/error.ts';

/** The TsbuildError that a promise is rejected with; anything else fails the test. */
export async function rejection(promise: Promise<unknown>): Promise<TsbuildError> {
  try {
    await promise;
  } catch (error) {
    if (error instanceof TsbuildError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** Everything a log could show of an error, with its causes. */
export function everythingIn(error: unknown): string {
  if (!(error instanceof Error)) return JSON.stringify(error) ?? '';
  const own = Object.getOwnPropertyNames(error).filter((name) => name !== 'cause');
  const fields = own.map((name) => JSON.stringify((error as unknown as Record<string, unknown>)[name]) ?? '');
  return [...fields, everythingIn(error.cause)].join('\n');
}
