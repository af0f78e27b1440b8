import type { EscapeCharacter, Word } from '../../../grammar/index.ts';
import { expand } from '../../../grammar/words.ts';
import { TsbuildError } from '../../base/error.ts';
import type { Variables } from '../arguments.ts';
import type { ObservedInstruction } from '../observer.ts';

/** The value of `work`; undefined where it fails with an error of ours: planning fails with the same one, and says so. */
export function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

export function expansionOf(word: Word, variables: Variables, escapeChar: EscapeCharacter) {
  return attempt(() => expand(word.text, (name) => variables.get(name), { escape: escapeChar }));
}

/** What a word expands to in its stage. */
export function expandedIn({ stage, escape: escapeChar }: ObservedInstruction, word: Word): string | undefined {
  return expansionOf(word, stage.variables, escapeChar)?.value;
}
