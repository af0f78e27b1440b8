import type { EscapeCharacter } from '../ast.ts';
import { Expander, type ExpanderOptions, type Lookup } from './expander.ts';
import { WordOutput, WordsOutput } from './output.ts';

export interface ExpandOptions {
  /** The file's escape character; a backslash where absent. */
  escape?: EscapeCharacter | undefined;
}

interface Names {
  /** The variables that were looked up. */
  used: string[];
  /** Those among them that were not set and expanded to nothing, without `${x-…}` or `${x+…}` to allow for it. */
  unset: string[];
}

export interface Expansion extends Names {
  value: string;
}

export interface WordsExpansion extends Names {
  words: string[];
}

/**
 * Expands the variables of one word and removes its quotes. An unset variable is empty (trap 7). What stands behind
 * an operator is evaluated also where it is not used, as in the reference: `${x:-${y:?}}` needs y. Errors are INVALID, without a location: `${x:?message}`, a quote or
 * brace without end, an operator that is none.
 */
export function expand(word: string, lookup: Lookup, options: ExpandOptions = {}): Expansion {
  return expandWith(word, lookup, { escapeChar: options.escape ?? '\\', quotes: true });
}

/** As `expand`, split at blanks outside of quotes, also at those that come from variables (EXPOSE). */
export function expandWords(word: string, lookup: Lookup, options: ExpandOptions = {}): WordsExpansion {
  const output = new WordsOutput(word.length);
  const expander = new Expander(word, lookup, { escapeChar: options.escape ?? '\\', quotes: true }, output);
  expander.run();
  output.flush();
  return { words: output.words, used: [...expander.used], unset: [...expander.unset] };
}

/** The body of a COPY or ADD heredoc: quotes are text; a backslash escapes, whatever the directive says (trap 10). */
export function expandHeredoc(content: string, lookup: Lookup): Expansion {
  return expandWith(content, lookup, { escapeChar: '\\', quotes: false });
}

function expandWith(text: string, lookup: Lookup, options: ExpanderOptions): Expansion {
  if (!/['"$\\`]/.test(text)) return { value: text, used: [], unset: [] };
  const output = new WordOutput(text.length);
  const expander = new Expander(text, lookup, options, output);
  expander.run();
  return { value: output.text, used: [...expander.used], unset: [...expander.unset] };
}
