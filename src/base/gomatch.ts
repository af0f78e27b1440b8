import type { BytePath } from './bytepath.ts';
import { elementAccepts, type GlobElement, parseGlob, runesOf, SLASH } from './glob.ts';

/**
 * Whether a pattern matches the whole name, by the rules of Go's filepath.Match, which are those of COPY and ADD.
 * A dot file is like any other. INVALID for a malformed pattern, whatever the name.
 */
export function matchGlob(pattern: BytePath, name: BytePath): boolean {
  return matchElements(parseGlob(pattern), runesOf(name));
}

/** Whether a name is to be matched rather than looked up: it holds `*`, `?` or `[` that no backslash precedes. */
export function hasGlob(pattern: BytePath): boolean {
  for (let at = 0; at < pattern.length; at++) {
    const char = pattern[at];
    if (char === '\\') at++;
    else if (char === '*' || char === '?' || char === '[') return true;
  }
  return false;
}

/** One directory level of a pattern. */
export interface GlobSegment {
  /** The name itself where the segment holds no wildcard, its escapes removed: look it up and list nothing. */
  literal: BytePath | undefined;
  /** `**` alone: any number of levels where the caller has such a thing (COPY --parents), else the same as `*`. */
  deep: boolean;
  matches(name: BytePath): boolean;
}

/** Splits a pattern at its slashes, so that a walker compares level by level. Empty segments are dropped. */
export function globSegments(pattern: BytePath): GlobSegment[] {
  const segments: GlobElement[][] = [[]];
  for (const element of parseGlob(pattern)) {
    if (element.kind === 'rune' && element.rune === SLASH) segments.push([]);
    else segments.at(-1)?.push(element);
  }
  return segments.filter((elements) => elements.length > 0).map(segmentOf);
}

function segmentOf(elements: GlobElement[]): GlobSegment {
  return {
    literal: literalOf(elements),
    deep: elements.length === 2 && elements.every((element) => element.kind === 'star'),
    matches: (name) => matchElements(elements, runesOf(name)),
  };
}

function literalOf(elements: readonly GlobElement[]): BytePath | undefined {
  const runes: number[] = [];
  for (const element of elements) {
    if (element.kind !== 'rune') return undefined;
    runes.push(element.rune);
  }
  return bytePathOf(runes);
}

function bytePathOf(runes: readonly number[]): BytePath {
  const parts = runes.map((rune) =>
    rune < 0x80
      ? String.fromCharCode(rune)
      : rune > 0x10ffff
        ? String.fromCharCode(rune & 0xff)
        : Buffer.from(String.fromCodePoint(rune)).toString('latin1'),
  );
  return parts.join('');
}

/**
 * Only the latest star is ever taken back: what stands before it is matched as early as it can be, as in Go. At most
 * pattern times name steps.
 */
function matchElements(elements: readonly GlobElement[], name: readonly number[]): boolean {
  let at = 0;
  let position = 0;
  let star = -1;
  let resume = 0;
  while (at < name.length || position < elements.length) {
    const element = elements[position];
    const rune = name[at];
    if (element?.kind === 'star') {
      star = position++;
      resume = at;
    } else if (element !== undefined && rune !== undefined && elementAccepts(element, rune)) {
      position++;
      at++;
    } else if (star !== -1 && resume < name.length && name[resume] !== SLASH) {
      position = star + 1;
      at = ++resume;
    } else return false;
  }
  return true;
}
