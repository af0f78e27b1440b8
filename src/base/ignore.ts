import { type BytePath, fromBytePath, toBytePath } from './bytepath.ts';
import { TsbuildError } from './error.ts';
import { SLASH } from './glob.ts';
import { type AutomatonState, IgnoreAutomaton } from './ignoreautomaton.ts';
import { cleanPath, compileIgnorePattern, type IgnorePattern, illegalNegation } from './ignorepattern.ts';

/**
 * The rules of an ignore file: the last pattern that matches a path, or a directory above it, decides; `!` takes the
 * path back in, also below an ignored directory (trap 59).
 */
export class IgnoreRules {
  readonly patterns: readonly IgnorePattern[];
  /** The root of the tree, for a walker that goes down name by name. */
  readonly root: IgnoreScope;

  constructor(patterns: readonly IgnorePattern[]) {
    this.patterns = patterns;
    this.root = IgnoreScope.root(patterns);
  }

  /** The scope of a path relative to the root, e.g. `a/b`. */
  at(path: BytePath): IgnoreScope {
    let scope = this.root;
    for (const name of path.split('/')) scope = scope.child(name);
    return scope;
  }

  ignores(path: BytePath): boolean {
    return this.at(path).ignored;
  }
}

/** One path of the tree below an ignore file. Going down costs the length of the name. */
export class IgnoreScope {
  readonly #patterns: readonly IgnorePattern[];
  readonly #state: AutomatonState;
  readonly #isRoot: boolean;

  private constructor(patterns: readonly IgnorePattern[], state: AutomatonState, isRoot: boolean) {
    this.#patterns = patterns;
    this.#state = state;
    this.#isRoot = isRoot;
  }

  static root(patterns: readonly IgnorePattern[]): IgnoreScope {
    return new IgnoreScope(patterns, new IgnoreAutomaton(patterns).start, true);
  }

  /** The pattern that decided; undefined where none matched. */
  get decidedBy(): IgnorePattern | undefined {
    return this.#patterns[this.#state.decided];
  }

  get ignored(): boolean {
    const { decidedBy } = this;
    return decidedBy !== undefined && !decidedBy.negated;
  }

  /** Whether a walker may skip this directory: it is ignored, and no later `!` pattern can match below it. */
  get prunable(): boolean {
    if (!this.ignored) return false;
    const below = this.#below();
    const { decided } = this.#state;
    return !this.#patterns.some((pattern, index) => index > decided && pattern.negated && below.isOpen(index));
  }

  /** Whether a pattern without `!` can match something below this directory that no pattern matches yet. */
  get open(): boolean {
    const below = this.#below();
    return this.#patterns.some((pattern, index) => !pattern.negated && below.isOpen(index));
  }

  child(name: BytePath): IgnoreScope {
    return new IgnoreScope(this.#patterns, this.#below().read(name).end(), false);
  }

  #below(): AutomatonState {
    return this.#isRoot ? this.#state : this.#state.step(SLASH);
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

/** The same rules, and one path more that they hide, whatever they say of it and what is below. */
export function hiding(rules: IgnoreRules, path: BytePath): IgnoreRules {
  return new IgnoreRules([...rules.patterns, ignorePattern(path.replace(/[!*?[\]\\]/g, '\\$&'), 0)]);
}

function ignorePattern(written: BytePath, line: number): IgnorePattern {
  const negated = written.startsWith('!');
  const pattern = negated ? trimBlanks(written.slice(1)) : written;
  if (pattern === '') throw illegalNegation(line);
  const clean = cleanPath(pattern);
  // Only a file's patterns lose their slash; as a flag it matches nothing, as with the reference.
  const relative = line > 0 && clean.length > 1 && clean.startsWith('/') ? clean.slice(1) : clean;
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
