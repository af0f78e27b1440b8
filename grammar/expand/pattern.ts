import { TsbuildError } from '../../src/base/error.ts';

/**
 * The patterns of `${x#p}`, `${x%p}` and `${x/p/r}`: `*` is any text, `?` any one character; a backslash takes the
 * meaning of `*`, `?`, `\\`, `}` or `/` away and may stand before no other. Matching is by code points and without
 * backtracking.
 */
type Element = { star: true } | { star: false; char: string | undefined };

/** Comparing can take value times pattern steps; no honest file comes near. */
const MAX_STEPS = 2 ** 30;

function compile(pattern: string, value: readonly string[]): Element[] {
  if (pattern.length * value.length > MAX_STEPS)
    throw new TsbuildError('INVALID', 'the pattern is too long for its value');
  const elements: Element[] = [];
  const chars = Array.from(pattern);
  for (let at = 0; at < chars.length; at++) {
    const char = chars[at] ?? '';
    if (char === '*') {
      const last = elements.at(-1);
      if (last?.star !== true) elements.push({ star: true });
    } else if (char === '?') elements.push({ star: false, char: undefined });
    else elements.push({ star: false, char: char === '\\' ? escaped(chars[++at]) : char });
  }
  return elements;
}

function escaped(char: string | undefined): string {
  if (char !== undefined && '*?\\}/'.includes(char)) return char;
  throw new TsbuildError('INVALID', `invalid escape \\${char ?? ''} in a pattern`, {
    hint: 'only * ? \\ } and / can be escaped in a pattern',
  });
}

/** The text between stars. */
type Segment = (string | undefined)[];

type Pattern = Segment[];

function segmentsOf(elements: readonly Element[]): Pattern {
  const segments: Segment[] = [[]];
  for (const element of elements) {
    if (element.star) segments.push([]);
    else segments.at(-1)?.push(element.char);
  }
  return segments;
}

function fits(segment: Segment, value: readonly string[], at: number): boolean {
  if (at < 0 || at + segment.length > value.length) return false;
  return segment.every((char, offset) => char === undefined || char === value[at + offset]);
}

/** The first place at or after `from` where a segment fits; -1 where there is none. */
function findFirst(segment: Segment, value: readonly string[], from: number): number {
  for (let at = from; at + segment.length <= value.length; at++) if (fits(segment, value, at)) return at;
  return -1;
}

function findLast(segment: Segment, value: readonly string[], from: number): number {
  for (let at = value.length - segment.length; at >= from; at--) if (fits(segment, value, at)) return at;
  return -1;
}

/** The end of the shortest or longest match that starts at `start`; -1 where there is none. */
function matchEnd(pattern: Pattern, value: readonly string[], start: number, longest: boolean): number {
  const [first = [], ...rest] = pattern;
  if (!fits(first, value, start)) return -1;
  let end = start + first.length;
  for (const [index, segment] of rest.entries()) {
    const last = longest && index === rest.length - 1;
    const at = last ? findLast(segment, value, end) : findFirst(segment, value, end);
    if (at === -1) return -1;
    end = at + segment.length;
  }
  return end;
}

export function trimPrefix(value: string, pattern: string, longest: boolean): string {
  const chars = Array.from(value);
  const end = matchEnd(segmentsOf(compile(pattern, chars)), chars, 0, longest);
  return end === -1 ? value : chars.slice(end).join('');
}

export function trimSuffix(value: string, pattern: string, longest: boolean): string {
  const chars = Array.from(value).reverse();
  const end = matchEnd(segmentsOf(compile(pattern, chars).reverse()), chars, 0, longest);
  return end === -1 ? value : chars.slice(end).reverse().join('');
}

/** Replaces the first or every longest match. An empty match counts but behind another one, as Go replaces. */
export function replacePattern(value: string, pattern: string, replacement: string, all: boolean): string {
  const chars = Array.from(value);
  const compiled = segmentsOf(compile(pattern, chars));
  const parts: string[] = [];
  let kept = 0;
  for (let from = 0; from <= chars.length; ) {
    const start = findFirst(compiled[0] ?? [], chars, from);
    const end = start === -1 ? -1 : matchEnd(compiled, chars, start, true);
    // Where the text behind a fitting start lacks the rest, so does the text behind every later start.
    if (end === -1) break;
    if (end > kept || start === 0) {
      for (let at = kept; at < start; at++) parts.push(chars[at] ?? '');
      parts.push(replacement);
      if (!all) return parts.join('') + chars.slice(end).join('');
    } else for (let at = kept; at < end; at++) parts.push(chars[at] ?? '');
    kept = end;
    from = Math.max(end, start + 1);
  }
  return parts.join('') + chars.slice(kept).join('');
}
