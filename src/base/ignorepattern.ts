import { posix } from 'node:path';
import type { BytePath } from './bytepath.ts';
import { TsbuildError } from './error.ts';
import { elementAccepts, type GlobElement, globElementAt, parseGlob, runesOf, SLASH } from './glob.ts';

/** `**`: in the middle any number of whole directories, also none; at the end, or before a plain end, anything. */
type Element = GlobElement | { kind: 'directories' } | { kind: 'anything' };

/** One pattern of an ignore file. */
export interface IgnorePattern {
  /** As it was written, for people. */
  text: string;
  /** 1-based line of the file; 0 where the pattern came from a flag. */
  line: number;
  /** `!pattern`: what it matches is not ignored. */
  negated: boolean;
  elements: readonly Element[];
}

const STAR = 0x2a;

/** Compiles one pattern (moby's patternmatcher). `pattern` has no `!`. INVALID for what Go's filepath.Match refuses. */
export function compileIgnorePattern(pattern: BytePath): readonly Element[] {
  const clean = cleanPath(pattern);
  parseGlob(clean);
  const runes = runesOf(clean);
  const elements: Element[] = [];
  for (let at = 0; at < runes.length; ) {
    if (runes[at] === STAR && runes[at + 1] === STAR) {
      const hasSlash = runes[at + 2] === SLASH;
      const next = at + (hasSlash ? 3 : 2);
      const ending = next === runes.length || (at === 0 && !hasSlash && isPlain(clean.slice(2)));
      elements.push({ kind: ending ? 'anything' : 'directories' });
      at = next;
    } else {
      const { element, next } = globElementAt(clean, runes, at);
      elements.push(element);
      at = next;
    }
  }
  return elements;
}

function isPlain(pattern: BytePath): boolean {
  return !/[*?[\]\\]/.test(pattern);
}

/** Go's filepath.Clean. */
export function cleanPath(path: BytePath): BytePath {
  const normal = posix.normalize(path);
  return normal.length > 1 && normal.endsWith('/') ? normal.slice(0, -1) : normal;
}

/**
 * The places of a pattern that a path has reached, each `2 * element`, or one more inside of `directories`. All ways
 * to match are followed at once, so that no pattern can make matching slow.
 */
export type States = readonly number[];

const NOWHERE: States = [];

export function startStates(elements: readonly Element[]): States {
  const states = new Set<number>();
  enter(elements, 0, states);
  return [...states];
}

/** Adds an element, and those behind it that can be reached without a character. */
function enter(elements: readonly Element[], element: number, into: Set<number>): void {
  for (let at = element; ; at++) {
    into.add(2 * at);
    const kind = elements[at]?.kind;
    if (kind !== 'star' && kind !== 'anything' && kind !== 'directories') return;
  }
}

/** The places after one more character. */
export function stepStates(elements: readonly Element[], states: States, rune: number): States {
  const [first] = states;
  if (first !== undefined && states.length === 1) {
    const element = elements[first >> 1];
    if (element?.kind === 'rune' && element.rune !== rune) return NOWHERE;
  }
  const next = new Set<number>();
  for (const state of states) {
    const at = state >> 1;
    const element = elements[at];
    if (element === undefined) continue;
    if (element.kind === 'anything') enter(elements, at, next);
    else if (element.kind === 'directories') {
      next.add(2 * at + 1);
      if (rune === SLASH) enter(elements, at + 1, next);
    } else if (elementAccepts(element, rune)) enter(elements, element.kind === 'star' ? at : at + 1, next);
  }
  return [...next];
}

export function acceptsStates(elements: readonly Element[], states: States): boolean {
  return states.includes(2 * elements.length);
}

/** `!` alone re-includes nothing and is refused, as the reference does. */
export function illegalNegation(line: number): TsbuildError {
  const where = line === 0 ? '' : ` in line ${line} of the ignore file`;
  return new TsbuildError('INVALID', `illegal exclusion pattern "!"${where}`);
}
