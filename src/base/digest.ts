import { createHash } from 'node:crypto';
import { TsbuildError } from './error.ts';

/** `sha256:` and 64 lower-case hexadecimal digits (OCI image-spec, descriptor.md, Digests). */
export type Digest = `sha256:${string}`;

const PATTERN = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: string): text is Digest {
  return PATTERN.test(text);
}

/** Checks a digest that came from outside; a digest that is not well formed could name another path. */
export function parseDigest(text: unknown): Digest {
  if (typeof text === 'string' && isDigest(text)) return text;
  throw new TsbuildError('INVALID', `not a sha256 digest: ${JSON.stringify(text)}`);
}

export function digestOf(data: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(data).digest('hex')}`;
}

export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json | undefined };

/**
 * JSON with sorted keys and without white space: equal values have equal texts, and every field is framed,
 * so that two different values cannot run together into one key.
 */
function canonicalJson(value: Json): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  const fields = value as Record<string, Json | undefined>;
  let text = '';
  for (const key of Object.keys(fields).sort()) {
    const field = fields[key];
    if (field !== undefined) text += `${text === '' ? '' : ','}${JSON.stringify(key)}:${canonicalJson(field)}`;
  }
  return `{${text}}`;
}

export function digestOfJson(value: Json): Digest {
  return digestOf(canonicalJson(value));
}
