import { type BytePath, isAscii } from './bytepath.ts';
import { runesOf } from './glob.ts';
import { acceptsStates, type IgnorePattern, type States, startStates, stepStates } from './ignorepattern.ts';

/** Where a pattern stands: it matched the path or a directory above it, or how far it got; empty where it never can. */
type Progress = true | States;

/** Patterns such as `*a????????` could make very many states; beyond this the table is begun anew. */
const MAX_STATES = 10_000;

/**
 * All patterns of an ignore file as one automaton that is built while it is used: a character of a path costs one
 * look-up, however many patterns there are.
 */
export class IgnoreAutomaton {
  readonly start: AutomatonState;
  readonly patterns: readonly IgnorePattern[];
  readonly #states = new Map<string, AutomatonState>();

  constructor(patterns: readonly IgnorePattern[]) {
    this.patterns = patterns;
    this.start = this.state(patterns.map((pattern) => startStates(pattern.elements)));
  }

  /** The one state with this progress. */
  state(progress: readonly Progress[]): AutomatonState {
    const key = progress.map((each) => (each === true ? '!' : each.join())).join(' ');
    const known = this.#states.get(key);
    if (known !== undefined) return known;
    if (this.#states.size >= MAX_STATES) this.#states.clear();
    const state = new AutomatonState(this, progress);
    this.#states.set(key, state);
    return state;
  }
}

export class AutomatonState {
  /** The index of the last pattern that matched, -1 where none did. */
  readonly decided: number;
  readonly #automaton: IgnoreAutomaton;
  readonly #progress: readonly Progress[];
  readonly #next: (AutomatonState | undefined)[] = [];
  #ended: AutomatonState | undefined;

  constructor(automaton: IgnoreAutomaton, progress: readonly Progress[]) {
    this.#automaton = automaton;
    this.#progress = progress;
    this.decided = progress.lastIndexOf(true);
  }

  /** The state behind the characters of a name; `end` says that the name ends there. */
  read(name: BytePath): AutomatonState {
    let state: AutomatonState = this;
    if (!isAscii(name)) for (const rune of runesOf(name)) state = state.step(rune);
    else for (let at = 0; at < name.length; at++) state = state.step(name.charCodeAt(at));
    return state;
  }

  step(rune: number): AutomatonState {
    const cached = rune < 0x80 ? this.#next[rune] : undefined;
    if (cached !== undefined) return cached;
    const progress = this.#progress.map((before, index) => {
      const pattern = this.#automaton.patterns[index];
      return before === true || pattern === undefined ? before : stepStates(pattern.elements, before, rune);
    });
    const next = this.#automaton.state(progress);
    if (rune < 0x80) this.#next[rune] = next;
    return next;
  }

  /** The end of a name: what has matched here holds for all that is below. */
  end(): AutomatonState {
    this.#ended ??= this.#automaton.state(
      this.#progress.map((before, index) => {
        const pattern = this.#automaton.patterns[index];
        const accepts = before !== true && pattern !== undefined && acceptsStates(pattern.elements, before);
        return accepts ? true : before;
      }),
    );
    return this.#ended;
  }

  /** Whether the pattern at `index` can still match something that it has not matched yet. */
  isOpen(index: number): boolean {
    const progress = this.#progress[index];
    return progress !== undefined && progress !== true && progress.length > 0;
  }
}
