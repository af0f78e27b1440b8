import type { IToken } from 'chevrotain';
import type { ArgDeclaration, ArgInstruction, Pair, PairsInstruction } from '../ast.ts';
import type { InstructionSyntax } from '../parser.ts';
import { type BuildContext, partOf, syntaxError, tokenRange, wordOf } from './context.ts';
import { readFlags } from './flag.ts';

export function buildPairs(
  context: BuildContext,
  kind: 'ENV' | 'LABEL',
  syntax: InstructionSyntax,
): Pick<PairsInstruction, 'kind' | 'pairs' | 'legacy'> {
  readFlags(context, kind, syntax.flags);
  const { argument } = syntax;
  if (argument.shape === 'legacy') {
    return { kind, pairs: [legacyPair(context, kind, argument.key, argument.value)], legacy: true };
  }
  const words = argument.shape === 'words' ? argument.words : [];
  if (words.length === 0) throw noArgument(context, kind, syntax.keyword);
  return { kind, pairs: words.map((word) => pairOf(context, kind, word)), legacy: false };
}

/** `ENV ONE TWO= THREE=world` sets one variable to the rest of the line (trap 5). */
function legacyPair(context: BuildContext, kind: string, key: IToken, value: IToken | undefined): Pair {
  if (value !== undefined) {
    const range = { start: tokenRange(context, key).start, end: tokenRange(context, value).end };
    return { key: wordOf(context, key), value: wordOf(context, value), range };
  }
  const hint = `write \`${kind} ${key.image}=value\``;
  throw syntaxError(context, `${kind} requires a name and a value`, tokenRange(context, key), hint);
}

function pairOf(context: BuildContext, kind: string, token: IToken): Pair {
  const equals = token.image.indexOf('=');
  const range = tokenRange(context, token);
  if (equals === -1) {
    throw syntaxError(
      context,
      `expected name=value, found ${JSON.stringify(token.image)}`,
      range,
      'quote a value that holds blanks: name="a b"',
    );
  }
  if (equals === 0) throw syntaxError(context, `${kind} names cannot be blank`, range);
  return { key: partOf(context, token, 0, equals), value: partOf(context, token, equals + 1), range };
}

export function buildArg(context: BuildContext, syntax: InstructionSyntax): Pick<ArgInstruction, 'kind' | 'args'> {
  readFlags(context, 'ARG', syntax.flags);
  const words = syntax.argument.shape === 'words' ? syntax.argument.words : [];
  if (words.length === 0) throw noArgument(context, 'ARG', syntax.keyword);
  return { kind: 'ARG', args: words.map((word) => declarationOf(context, word)) };
}

function declarationOf(context: BuildContext, token: IToken): ArgDeclaration {
  const equals = token.image.indexOf('=');
  const range = tokenRange(context, token);
  if (equals === -1) return { name: wordOf(context, token), value: undefined, range };
  if (equals === 0) throw syntaxError(context, 'ARG names cannot be blank', range);
  return { name: partOf(context, token, 0, equals), value: partOf(context, token, equals + 1), range };
}

function noArgument(context: BuildContext, kind: string, keyword: IToken) {
  return syntaxError(context, `${kind} requires at least one argument`, tokenRange(context, keyword));
}
