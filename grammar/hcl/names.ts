import type { IToken } from 'chevrotain';
import type { Expression, Place } from './ast.ts';
import { Problem } from './problem.ts';

/** A bare word: a constant, or the name of a variable. */
export function named(name: string, at: Place): Expression {
  if (name === 'true' || name === 'false') return { kind: 'constant', value: name === 'true', at };
  return name === 'null' ? { kind: 'constant', value: null, at } : { kind: 'variable', name, at };
}

/** A bare word that is the key of an object is that word; an expression stands in parentheses. */
export function keyOf(key: Expression): Expression {
  if (key.kind === 'variable') return textOf(key.name, key.at);
  if (key.kind === 'constant') return textOf(String(key.value), key.at);
  if (key.kind === 'attribute' || key.kind === 'index') {
    const hint = 'put it in parentheses if it is an expression, or in quotes if it is a key with a dot';
    throw new Problem('this key may be a text or an expression', key.at, hint);
  }
  return key;
}

function textOf(text: string, at: Place): Expression {
  return { kind: 'template', parts: text === '' ? [] : [{ kind: 'text', text, at }], heredoc: false, at };
}

export function jsonWord(word: string, at: Place): Expression {
  const value = named(word, at);
  if (value.kind === 'constant') return value;
  throw new Problem(`${word} is no value of JSON`, at, 'put a text in double quotes');
}

export function jsonString(token: IToken, at: Place): string {
  try {
    return JSON.parse(token.image.replaceAll('\t', '\\t')) as string;
  } catch (cause) {
    if (!(cause instanceof SyntaxError)) throw cause;
    throw new Problem('this string has an escape that JSON does not know', at);
  }
}
