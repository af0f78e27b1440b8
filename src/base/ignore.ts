import { type BytePath, fromBytePath, toBytePath } from './bytepath.ts';
import { TsbuildError } from './error.ts';
import { runesOf, SLASH } from './glob.ts';
import {
  acceptsStates,
  cleanPath,
  compileIgnorePattern,
  type IgnorePattern,
  illegalNegation,
  type States,
  startStates,
  stepStates,
} from './ignorepattern.ts';

/**
 * The rules of an ignore file: the last pattern that matches a path, or a directory above it, decides; `!` takes the
 * path back in, also below an ignored directory (trap 59).
 */
export class IgnoreRules {
  readonly patterns: readonly IgnorePattern[];

  constructor(patterns: readonly IgnorePattern[]) {
    this.patterns = patterns;
  }

  /** The root of the tree, for a walker that goes down name by name. */
  root(): IgnoreScope {
    return IgnoreScope.root(this.patterns);
  }

  /** The scope of a path relative to the root, e.g. `a/b`. */
  at(path: BytePath): IgnoreScope {
    let scope = this.root();
    for (const name of path.split('/')) scope = scope.child(name);
    return scope;
  }

  ignores(path: BytePath): boolean {
    return this.at(path).ignored;
  }
}

/** Where a pattern stands at a path: it matched, or how far it got, or it never can. */
type Progress = true | States | undefined;

/** One path of the tree below an ignore file. Going down costs the length of the name times the living patterns. */
export class IgnoreScope {
  /** The pattern that decided; undefined where none matched. */
  readonly decidedBy: IgnorePattern | undefined;
  readonly #patterns: readonly IgnorePattern[];
  readonly #progress: readonly Progress[];
  #below: readonly Progress[] | undefined;

  private constructor(patterns: readonly IgnorePattern[], progress: readonly Progress[], below?: readonly Progress[]) {
    this.#patterns = patterns;
    this.#progress = progress;
    this.#below = below;
    this.decidedBy = patterns[progress.lastIndexOf(true)];
  }

  static root(patterns: readonly IgnorePattern[]): IgnoreScope {
    const start = patterns.map((pattern) => startStates(pattern.elements));
    return new IgnoreScope(
      patterns,
      patterns.map(() => undefined),
      start,
    );
  }

  get ignored(): boolean {
    return this.decidedBy !== undefined && !this.decidedBy.negated;
  }

  /** Whether a walker may skip this directory: it is ignored, and no later `!` pattern can match below it. */
  get prunable(): boolean {
    if (!this.ignored) return false;
    const decided = this.#progress.lastIndexOf(true);
    return !this.#stepDown().some((below, index) => {
      return index > decided && below !== undefined && this.#patterns[index]?.negated;
    });
  }

  child(name: BytePath): IgnoreScope {
    const runes = runesOf(name);
    const progress = this.#stepDown().map((before, index): Progress => {
      const elements = this.#patterns[index]?.elements;
      if (before === undefined || before === true || elements === undefined) return before;
      let states = before;
      for (const rune of runes) {
        states = stepStates(elements, states, rune);
        if (states.length === 0) return undefined;
      }
      return acceptsStates(elements, states) ? true : states;
    });
    return new IgnoreScope(this.#patterns, progress);
  }

  /** The progress of all patterns behind the slash. */
  #stepDown(): readonly Progress[] {
    this.#below ??= this.#progress.map((before, index): Progress => {
      const elements = this.#patterns[index]?.elements;
      if (before === undefined || before === true || elements === undefined) return before;
      const states = stepStates(elements, before, SLASH);
      return states.length === 0 ? undefined : states;
    });
    return this.#below;
  }
}

const BYTE_ORDER_MARK = '\u00ef\u00bb\u00bf';

/**
 * Reads an ignore file: `#` in the first column is a comment, blanks around a pattern do not count, paths are
 * cleaned, a leading `/` is dropped. INVALID for a malformed pattern.
 */
export function parseIgnoreFile(content: string | Uint8Array): IgnoreRules {
  const bytes = typeof content === 'string' ? toBytePath(content) : Buffer.from(content).toString('latin1');
  const text = bytes.startsWith(BYTE_ORDER_MARK) ? bytes.slice(BYTE_ORDER_MARK.length) : bytes;
  const patterns: IgnorePattern[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const trimmed = line.startsWith('#') ? '' : trimBlanks(line);
    if (trimmed !== '') patterns.push(ignorePattern(trimmed, index + 1));
  }
  return new IgnoreRules(patterns);
}

/** The rules of patterns that were given one by one (`COPY --exclude`). */
export function ignoreRules(patterns: readonly BytePath[]): IgnoreRules {
  const trimmed = patterns.map(trimBlanks).filter((pattern) => pattern !== '');
  return new IgnoreRules(trimmed.map((pattern) => ignorePattern(pattern, 0)));
}

function ignorePattern(written: BytePath, line: number): IgnorePattern {
  const negated = written.startsWith('!');
  const pattern = negated ? trimBlanks(written.slice(1)) : written;
  if (pattern === '') throw illegalNegation(line);
  const clean = cleanPath(pattern);
  const relative = clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
  const text = fromBytePath(written);
  return { text, line, negated, elements: compileAt(relative, text, line) };
}

function compileAt(pattern: BytePath, text: string, line: number): IgnorePattern['elements'] {
  try {
    return compileIgnorePattern(pattern);
  } catch (error) {
    if (!(error instanceof TsbuildError) || line === 0) throw error;
    const message = `malformed pattern ${JSON.stringify(text)} in line ${line} of the ignore file`;
    throw new TsbuildError('INVALID', message, { hint: error.hint });
  }
}

/** Blanks are ASCII here: a byte path holds characters in several bytes, of which one may look like a blank. */
function trimBlanks(text: string): string {
  return text.replace(/^[\t\v\f\r ]+/, '').replace(/[\t\v\f\r ]+$/, '');
}
