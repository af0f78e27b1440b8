import type { IToken } from 'chevrotain';
import * as T from './token.ts';

const OPENING = new Set([
  T.BraceOpen,
  T.BracketOpen,
  T.ParenOpen,
  T.ForObjectOpen,
  T.ForTupleOpen,
  T.InterpolationOpen,
  T.IfOpen,
  T.ElseOpen,
  T.EndIfOpen,
  T.ForOpen,
  T.EndForOpen,
  T.JsonOpen,
  T.JsonListOpen,
]);
const CLOSING = new Set([T.BraceClose, T.BracketClose, T.ParenClose, T.TrimClose, T.JsonClose, T.JsonListClose]);

/** The items of the file: each ends with a line break outside of all braces, quotes and heredocs. */
export function* topLevelItems(tokens: readonly IToken[]): Generator<IToken[]> {
  let item: IToken[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (OPENING.has(token.tokenType)) depth++;
    if (CLOSING.has(token.tokenType)) depth--;
    if (token.tokenType !== T.Newline || depth > 0) item.push(token);
    else {
      if (item.length > 0) yield item;
      item = [];
      depth = 0;
    }
  }
  if (item.length > 0) yield item;
}

/** The innermost token that opens something and that nothing closes. */
export function unclosed(tokens: readonly IToken[]): IToken | undefined {
  const open: IToken[] = [];
  for (const token of tokens) {
    if (OPENING.has(token.tokenType) || token.tokenType === T.QuoteOpen || token.tokenType === T.HeredocOpen)
      open.push(token);
    if (CLOSING.has(token.tokenType) || token.tokenType === T.QuoteClose || token.tokenType === T.HeredocClose)
      open.pop();
  }
  return open.at(-1);
}
