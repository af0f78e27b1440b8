import type { IToken } from 'chevrotain';
import { TsbuildError } from '../../src/base/error.ts';
import type { SourceFile, SourceRange } from '../../src/base/source.ts';
import type { EscapeCharacter, Heredoc, Word } from '../ast.ts';
import type { LogicalLine } from '../line.ts';
import type { LineIndex } from '../position.ts';

/** What the builders need beside the tokens of one instruction: where they stand, and where complaints go. */
export interface BuildContext {
  source: SourceFile;
  index: LineIndex;
  line: LogicalLine;
  escape: EscapeCharacter;
  heredocs: Heredoc[];
  /** Complaints that do not stop the instruction from being looked at further. */
  errors: TsbuildError[];
}

/** The source range of `[start, end)` of the logical line. */
export function rangeOf(context: BuildContext, start: number, end: number): SourceRange {
  const { pieces } = context.line;
  return context.index.range(pieces.sourceOffset(start), pieces.sourceEnd(start, end));
}

export function tokenRange(context: BuildContext, token: IToken): SourceRange {
  return rangeOf(context, token.startOffset, token.startOffset + token.image.length);
}

export function wordOf(context: BuildContext, token: IToken): Word {
  return { text: token.image, range: tokenRange(context, token) };
}

/** A part of a token, from `start` to `end` within its image. */
export function partOf(context: BuildContext, token: IToken, start: number, end: number = token.image.length): Word {
  const { startOffset } = token;
  return { text: token.image.slice(start, end), range: rangeOf(context, startOffset + start, startOffset + end) };
}

export function syntaxError(
  context: BuildContext,
  message: string,
  location: SourceRange,
  hint?: string,
): TsbuildError {
  return new TsbuildError('SYNTAX', message, { hint, location, source: context.source });
}
