import type { BytePath } from './bytepath.ts';
import { TsbuildError } from './error.ts';

/** What one place of a pattern accepts. Characters are code points; see `runesOf`. */
export type GlobElement =
  | { kind: 'rune'; rune: number }
  | { kind: 'any' }
  | { kind: 'star' }
  | { kind: 'class'; negated: boolean; ranges: readonly (readonly [number, number])[] };

/** A byte that is no UTF-8 keeps an identity of its own above the code points. */
const INVALID_BYTE = 0x110000;

/**
 * The characters of a byte path, so that `?` and `[…]` mean a character and not a byte. ASCII, the common case, takes
 * no decoding.
 */
export function runesOf(path: BytePath): number[] {
  const runes: number[] = [];
  for (let at = 0; at < path.length; ) {
    const { rune, size } = runeAt(path, at);
    runes.push(rune);
    at += size;
  }
  return runes;
}

/** The UTF-8 character that starts at a byte (RFC 3629: no surrogates, no longer form than needed). */
function runeAt(path: BytePath, at: number): { rune: number; size: number } {
  const first = path.charCodeAt(at);
  if (first < 0x80 || first > 0xff) return { rune: first, size: 1 };
  const size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  let rune = first & (0xff >> (size + 1));
  for (let offset = 1; offset < size; offset++) {
    const byte = path.charCodeAt(at + offset);
    if ((byte & ~0x3f) !== 0x80) return { rune: INVALID_BYTE + first, size: 1 };
    rune = (rune << 6) | (byte & 0x3f);
  }
  const least = size === 4 ? 0x10000 : size === 3 ? 0x800 : 0x80;
  const isCharacter = rune >= least && rune < INVALID_BYTE && (rune < 0xd800 || rune > 0xdfff) && first >= 0xc2;
  return isCharacter ? { rune, size } : { rune: INVALID_BYTE + first, size: 1 };
}

export const SLASH = 0x2f;
const BACKSLASH = 0x5c;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const DASH = 0x2d;
const CARET = 0x5e;
const STAR = 0x2a;
const QUESTION = 0x3f;

/**
 * Reads a pattern in the notation of Go's filepath.Match: `*` and `?` do not match `/`; `[a-z]`, `[^a-z]`; a
 * backslash takes the meaning of the next character away. INVALID for what Go calls a bad pattern.
 */
export function parseGlob(pattern: BytePath): GlobElement[] {
  const runes = runesOf(pattern);
  const elements: GlobElement[] = [];
  for (let at = 0; at < runes.length; ) {
    const { element, next } = globElementAt(pattern, runes, at);
    elements.push(element);
    at = next;
  }
  return elements;
}

export function globElementAt(
  pattern: BytePath,
  runes: readonly number[],
  at: number,
): { element: GlobElement; next: number } {
  const rune = runes[at] ?? 0;
  if (rune === STAR) return { element: { kind: 'star' }, next: at + 1 };
  if (rune === QUESTION) return { element: { kind: 'any' }, next: at + 1 };
  if (rune === OPEN) return classAt(pattern, runes, at + 1);
  if (rune !== BACKSLASH) return { element: { kind: 'rune', rune }, next: at + 1 };
  const escaped = runes[at + 1];
  if (escaped === undefined) throw badPattern(pattern);
  return { element: { kind: 'rune', rune: escaped }, next: at + 2 };
}

/** A class needs at least one range; `]` and `-` must be escaped to be members. */
function classAt(pattern: BytePath, runes: readonly number[], start: number): { element: GlobElement; next: number } {
  const negated = runes[start] === CARET;
  const ranges: [number, number][] = [];
  let at = negated ? start + 1 : start;
  while (runes[at] !== CLOSE || ranges.length === 0) {
    const low = classMember(pattern, runes, at);
    at = low.next;
    let high = low;
    if (runes[at] === DASH) {
      high = classMember(pattern, runes, at + 1);
      at = high.next;
    }
    ranges.push([low.rune, high.rune]);
  }
  return { element: { kind: 'class', negated, ranges }, next: at + 1 };
}

function classMember(pattern: BytePath, runes: readonly number[], at: number): { rune: number; next: number } {
  const escaped = runes[at] === BACKSLASH;
  const rune = runes[escaped ? at + 1 : at];
  const next = escaped ? at + 2 : at + 1;
  const isPlain = escaped || (rune !== DASH && rune !== CLOSE);
  // A member is never the last character: the class has to be closed behind it.
  if (rune === undefined || !isPlain || rune >= INVALID_BYTE || next >= runes.length) throw badPattern(pattern);
  return { rune, next };
}

/** Whether one character fits an element that is no star. A negated class accepts `/`, as Go's does. */
export function elementAccepts(element: GlobElement, rune: number): boolean {
  switch (element.kind) {
    case 'rune':
      return element.rune === rune;
    case 'any':
    case 'star':
      return rune !== SLASH;
    case 'class':
      return element.ranges.some(([low, high]) => low <= rune && rune <= high) !== element.negated;
  }
}

function badPattern(pattern: BytePath): TsbuildError {
  return new TsbuildError('INVALID', `malformed pattern: ${JSON.stringify(pattern)}`, {
    hint: 'close every "[", leave none empty, and write a backslash before a character that is meant as itself',
  });
}
