import { EOF, type IRecognitionException, type IToken } from 'chevrotain';
import { TsbuildError } from '../../src/base/error.ts';
import type { Origin, Place } from './ast.ts';
import { unclosed } from './brackets.ts';
import { Problem } from './problem.ts';

export function errorAt(message: string, { origin, start, end }: Place, hint?: string): TsbuildError {
  return new TsbuildError('SYNTAX', message, {
    hint,
    location: origin.index.range(start, end),
    source: origin.source,
  });
}

/** The error of a `Problem`; whatever else was thrown is thrown on. */
export function problemError(problem: unknown): TsbuildError {
  if (problem instanceof Problem) return errorAt(problem.message, problem.at, problem.hint);
  throw problem;
}

/** What chevrotain says, in words for whoever wrote the file. */
export function syntaxError(error: IRecognitionException, tokens: readonly IToken[], origin: Origin): TsbuildError {
  const { token, previousToken } = error as IRecognitionException & { previousToken?: IToken };
  if (token.tokenType === EOF) {
    const last = previousToken ?? tokens.at(-1);
    const end = last === undefined ? 0 : last.startOffset + last.image.length;
    const open = unclosed(tokens);
    if (open !== undefined) {
      const at = { origin, start: open.startOffset, end: open.startOffset + open.image.trimEnd().length };
      return errorAt(`${open.image.trimEnd()} is never closed`, at);
    }
    return errorAt('something is missing here', { origin, start: Math.max(0, end - 1), end }, expectation(error));
  }
  const at = { origin, start: token.startOffset, end: token.startOffset + token.image.length };
  const found = token.image.startsWith('\n') ? 'the end of the line' : token.image.trim();
  const message = token.tokenType.name === 'line break in quotes' ? 'a text in quotes ends within its line' : undefined;
  return errorAt(message ?? `${found} was not expected here`, at, expectation(error));
}

/** What the parser says it wanted, where that is one thing. */
function expectation(error: IRecognitionException): string | undefined {
  const wanted = /Expecting token of type --> (.+?) <--/.exec(error.message)?.[1];
  if (wanted === 'line break' || wanted === undefined) return undefined;
  return `expected ${wanted}`;
}

/** What a text says that no token begins with. */
export function unreadableMessage(text: string): string {
  if (text.startsWith("'")) return 'texts stand in double quotes';
  if (text.startsWith('/*')) return 'this comment has no end';
  return `${text.trim().slice(0, 20)} means nothing here`;
}
