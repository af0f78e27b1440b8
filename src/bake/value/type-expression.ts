import type { Expression } from '../../../grammar/hcl/index.ts';
import { failAt } from '../fail.ts';
import type { Type } from './type.ts';

const SIMPLE: Readonly<Record<string, Type>> = { string: 'string', number: 'number', bool: 'bool', any: 'any' };

/** Reads what stands behind `type =` (hashicorp/hcl, ext/typeexpr): a word, or a call such as `list(string)`. */
export function readType(expression: Expression): Type {
  const word = wordOf(expression);
  if (word !== undefined && Object.hasOwn(SIMPLE, word)) return SIMPLE[word] as Type;
  if (expression.kind === 'call') {
    const [argument] = expression.args;
    if (argument !== undefined && expression.args.length === 1) {
      const { name: kind } = expression;
      if (kind === 'list' || kind === 'set' || kind === 'map') return { kind, of: readType(argument) };
      if (kind === 'tuple' && argument.kind === 'tuple') return { kind, items: argument.items.map(readType) };
      if (kind === 'object' && argument.kind === 'object') return { kind, attributes: attributesOf(argument.items) };
    }
  }
  throw failAt(
    expression.at,
    'this is not a type',
    'types are string, number, bool, list(…), set(…), map(…), tuple([…]) and object({…})',
  );
}

function attributesOf(items: readonly { key: Expression; value: Expression }[]) {
  return new Map(
    items.map(({ key, value }) => {
      const optional = value.kind === 'call' && value.name === 'optional' && value.args.length >= 1;
      const type = readType(optional ? (value.args[0] as Expression) : value);
      const name = wordOf(key);
      if (name === undefined) throw failAt(key.at, 'the name of an attribute is a word');
      return [name, { type, optional }] as const;
    }),
  );
}

/** A bare word, or in JSON a string; undefined for anything else. */
export function wordOf(expression: Expression): string | undefined {
  if (expression.kind === 'variable') return expression.name;
  if (expression.kind !== 'template' || expression.parts.length !== 1) return undefined;
  const [part] = expression.parts;
  return part?.kind === 'text' ? part.text : undefined;
}
