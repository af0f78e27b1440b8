import type { IToken } from 'chevrotain';
import type { CommandForm, InstructionKind, Word } from '../ast.ts';
import type { Argument } from '../parser.ts';
import { wellFormed } from '../scan.ts';
import { type BuildContext, syntaxError, tokenRange, wordOf } from './context.ts';

/** The arguments that instructions share: a command line, a list of words, the rest of the line. */

/** An absent command is an empty shell form; whether that means anything is the instruction's to say. */
export function commandOf(context: BuildContext, argument: Argument, at: IToken): CommandForm {
  if (argument.shape === 'json') return { form: 'exec', args: jsonWords(context, argument.strings) };
  if (argument.shape === 'mixed') throw notStrings(context, argument.array);
  if (argument.shape === 'text') return { form: 'shell', command: wordOf(context, argument.text) };
  return { form: 'shell', command: { text: '', range: tokenRange(context, at) } };
}

/** Words between blanks, or a JSON array. */
export function wordsOf(context: BuildContext, argument: Argument): Word[] {
  if (argument.shape === 'json') return jsonWords(context, argument.strings);
  if (argument.shape === 'mixed') throw notStrings(context, argument.array);
  return argument.shape === 'words' ? argument.words.map((token) => wordOf(context, token)) : [];
}

export function textOf(context: BuildContext, kind: InstructionKind, argument: Argument, at: IToken): Word {
  if (argument.shape === 'text') return wordOf(context, argument.text);
  throw syntaxError(context, `${kind} requires exactly one argument`, tokenRange(context, at));
}

function jsonWords(context: BuildContext, tokens: readonly IToken[]): Word[] {
  return tokens.map((token) => ({
    text: wellFormed(String(JSON.parse(token.image))),
    range: tokenRange(context, token),
  }));
}

function notStrings(context: BuildContext, array: IToken) {
  return syntaxError(
    context,
    'a JSON array must hold strings only',
    tokenRange(context, array),
    'put every element in double quotes',
  );
}
