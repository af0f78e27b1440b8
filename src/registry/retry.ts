import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../base/error.ts';

/** A failure that may go away by itself; `error` is what the user sees when it does not. */
export class TransientError extends Error {
  readonly error: TsbuildError;
  /** Milliseconds that the server asked us to wait. */
  readonly retryAfter: number | undefined;

  constructor(error: TsbuildError, retryAfter?: number) {
    super(error.message);
    this.error = error;
    this.retryAfter = retryAfter;
  }
}

/** Times in milliseconds. */
export interface RetryPolicy {
  attempts: number;
  /** The pause after the first failure; it doubles from there. */
  firstDelay: number;
  /** A server that asks for a longer pause than this is not waited for. */
  maxDelay: number;
}

export const DEFAULT_RETRIES: RetryPolicy = { attempts: 5, firstDelay: 250, maxDelay: 60_000 };

/** Repeats `operation` while it throws a TransientError; any other error passes at once. */
export async function withRetries<T>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  operation: () => Promise<T>,
): Promise<T> {
  for (let failures = 1; ; failures++) {
    try {
      return await operation();
    } catch (error) {
      if (!(error instanceof TransientError)) throw error;
      await pauseAfter(error, failures, policy, signal);
    }
  }
}

/** Waits before attempt number `failures` + 1, or throws the error when there is no such attempt. */
export async function pauseAfter(
  { error, retryAfter }: TransientError,
  failures: number,
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (failures >= policy.attempts || (retryAfter ?? 0) > policy.maxDelay) throw error;
  const backoff = Math.min(policy.firstDelay * 2 ** (failures - 1), policy.maxDelay);
  // Clients that failed together must not come back together.
  const jittered = backoff * (0.75 + Math.random() / 2);
  try {
    // A server that says that it may be asked again at once has been known to be wrong several times in a row.
    await sleep(Math.max(retryAfter ?? 0, jittered), undefined, { signal });
  } catch (cause) {
    throw signal?.aborted ? cancelled(signal) : cause;
  }
}

export function cancelled(signal: AbortSignal): TsbuildError {
  if (signal.reason instanceof TsbuildError) return signal.reason;
  return new TsbuildError('CANCELLED', 'the transfer was cancelled', { cause: signal.reason });
}

/** Reads a `Retry-After` header: seconds, or a date (RFC 9110, 10.2.3). */
export function parseRetryAfter(value: string | undefined, now = Date.now()): number | undefined {
  if (value === undefined) return undefined;
  if (/^\d{1,9}$/.test(value)) return Number(value) * 1000;
  // Date.parse would take almost any text with a digit for a date; those of HTTP begin with the day of the week.
  const date = /^[A-Z][a-z]{2}/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(date) ? undefined : Math.max(date - now, 0);
}
