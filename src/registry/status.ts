import { STATUS_CODES } from 'node:http';
import { type ErrorCode, TsbuildError } from '../base/error.ts';
import { readBeginning } from './body.ts';
import { parseRetryAfter, TransientError } from './retry.ts';
import type { HttpResponse } from './transport.ts';

const MAX_ERROR_BODY = 64 * 1024;
const MAX_REASON = 300;
const TRANSIENT = new Set([408, 425, 429, 500, 502, 503, 504]);

const CODES: Readonly<Record<number, ErrorCode>> = { 401: 'DENIED', 403: 'DENIED', 404: 'NOT_FOUND' };

/**
 * The error for a response with a status that was not asked for; it reads the body, where the registry says why
 * (OCI distribution-spec, Error Codes). `subject` begins the message: what was being done, and with what.
 */
export async function failureOf(response: HttpResponse, subject: string, hint?: string): Promise<Error> {
  const { status } = response;
  const reason = reasonIn(await readBeginning(response, MAX_ERROR_BODY));
  const code = CODES[status] ?? 'REGISTRY';
  const message =
    `${subject}: ${response.url.host} answered ${status} ${reason || (STATUS_CODES[status] ?? '')}`.trimEnd();
  const error = new TsbuildError(code, message, { hint: hint ?? hintFor(status) });
  return TRANSIENT.has(status) ? new TransientError(error, parseRetryAfter(response.header('retry-after'))) : error;
}

function hintFor(status: number): string | undefined {
  if (status === 429) return 'the registry limits how often it is asked: log in, or wait';
  return TRANSIENT.has(status) ? 'the registry has a problem; try again later' : undefined;
}

/** `errors[].message` of a registry, as one line that cannot steer a terminal. */
function reasonIn(body: string): string {
  const text = messagesIn(body).join('; ');
  return text
    .replace(/[\p{Cc}\p{Cf}\s]+/gu, ' ')
    .trim()
    .slice(0, MAX_REASON);
}

function messagesIn(body: string): string[] {
  try {
    const errors: unknown = JSON.parse(body)?.errors;
    return Array.isArray(errors) ? errors.map(messageOf).filter((message) => message !== '') : [];
  } catch {
    // Servers in front of a registry answer in HTML, which helps nobody.
    return [];
  }
}

function messageOf(error: unknown): string {
  const { message, code } = (error ?? {}) as { message?: unknown; code?: unknown };
  return [message, code].find((text): text is string => typeof text === 'string' && text !== '') ?? '';
}
