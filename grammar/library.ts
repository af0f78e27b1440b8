import { toBytePath } from '../src/base/bytepath.ts';
import type { TsbuildError } from '../src/base/error.ts';
import { parseIgnoreFile } from '../src/base/ignore.ts';
import type { Directives } from './ast.ts';
import { readDirectives } from './directive.ts';
import {
  type ExpandOptions,
  type Expansion,
  expand,
  expandHeredoc as expandBody,
  expandWords as expandToWords,
  type WordsExpansion,
} from './expand/expand.ts';
import type { Lookup } from './expand/expander.ts';
import { LineIndex } from './position.ts';

/**
 * The library `tsbuild/grammar`: the language of build files for editors, linters and other tools. Texts in, data
 * out; nothing here opens a file. Errors that are thrown are `TsbuildError`; docs/grammar.md has examples that run.
 */
export type { ErrorCode } from '../src/base/error.ts';
export { TsbuildError } from '../src/base/error.ts';
export type * from '../src/base/source.ts';
export type * from './ast.ts';
export { flagNames } from './build/flag.ts';
export { instructionNames } from './build/names.ts';
export type { ExpandOptions, Expansion, WordsExpansion } from './expand/expand.ts';
export { parse } from './parse.ts';
export { formatTree, parseTree, sexpr } from './tree/index.ts';
export type * from './tree/tree.ts';

/** Values by name, or a function that gives them; a name without a value is not set. */
export type Environment = Readonly<Record<string, string | undefined>> | ((name: string) => string | undefined);

function lookupOf(environment: Environment): Lookup {
  if (typeof environment === 'function') return environment;
  return (name) => (Object.hasOwn(environment, name) ? environment[name] : undefined);
}

/**
 * Expands the variables of one word, as in COPY or ENV, and removes its quotes. INVALID for `${x:?message}`, for a
 * quote or brace without end, for an operator that is none.
 */
export function expandWord(word: string, environment: Environment, options: ExpandOptions = {}): Expansion {
  return expand(word, lookupOf(environment), options);
}

/** As `expandWord`, then split at blanks outside of quotes, also at those that variables bring, as in EXPOSE. */
export function expandWords(text: string, environment: Environment, options: ExpandOptions = {}): WordsExpansion {
  return expandToWords(text, lookupOf(environment), options);
}

/** The content of a COPY or ADD heredoc: its quotes are text, and a backslash escapes in any file. */
export function expandHeredoc(content: string, environment: Environment): Expansion {
  return expandBody(content, lookupOf(environment));
}

/** The directives at the top of a build file, and what is wrong with them. */
export function parseDirectives(text: string, name = 'Dockerfile'): { directives: Directives; errors: TsbuildError[] } {
  const { directives, errors, checkErrors } = readDirectives({ name, text }, new LineIndex(text));
  return { directives, errors: [...errors, ...checkErrors] };
}

export interface Ignored {
  ignored: boolean;
  /** The pattern that decided, and its 1-based line; undefined where none matched. */
  by: { pattern: string; line: number } | undefined;
}

/**
 * Reads a `.dockerignore` and gives a function that says of a path (relative to the context, with `/`) whether it is
 * ignored: the last pattern that matches it or a directory above it decides. INVALID for a malformed pattern.
 */
export function parseIgnore(text: string): (path: string) => Ignored {
  const rules = parseIgnoreFile(text);
  return (path) => {
    const scope = rules.at(toBytePath(path.replace(/^\.?\/+|\/+$/g, '')));
    const { decidedBy, ignored } = scope;
    return { ignored, by: decidedBy && { pattern: decidedBy.text, line: decidedBy.line } };
  };
}
