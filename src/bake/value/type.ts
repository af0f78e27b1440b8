import { Num } from './number.ts';
import { Mapping, Sequence, type Value } from './value.ts';

/** A type as a `type = …` names it. */
export type Type =
  | 'any'
  | 'string'
  | 'number'
  | 'bool'
  | { kind: 'list' | 'set' | 'map'; of: Type }
  | { kind: 'tuple'; items: readonly Type[] }
  | { kind: 'object'; attributes: ReadonlyMap<string, { type: Type; optional: boolean }> };

export function isPrimitive(type: Type): type is 'string' | 'number' | 'bool' {
  return type === 'string' || type === 'number' || type === 'bool';
}

export function typeOf(value: Value): Type {
  if (value === null) return 'any';
  if (typeof value === 'string') return 'string';
  if (typeof value === 'boolean') return 'bool';
  if (value instanceof Num) return 'number';
  if (value instanceof Sequence) {
    const items = value.items.map(typeOf);
    return value.kind === 'tuple' ? { kind: 'tuple', items } : { kind: value.kind, of: items[0] ?? 'any' };
  }
  const types = [...value.entries].map(([name, item]) => [name, { type: typeOf(item), optional: false }] as const);
  if (value.kind === 'map') return { kind: 'map', of: types[0]?.[1].type ?? 'any' };
  return { kind: 'object', attributes: new Map(types) };
}

/** As it is written in a bake file, e.g. `list(string)`. */
export function typeText(type: Type): string {
  if (typeof type === 'string') return type;
  if (type.kind === 'tuple') return `tuple([${type.items.map(typeText).join(', ')}])`;
  if (type.kind !== 'object') return `${type.kind}(${typeText(type.of)})`;
  const attributes = [...type.attributes].map(([name, { type: inner, optional }]) =>
    optional ? `${name}=optional(${typeText(inner)})` : `${name}=${typeText(inner)}`,
  );
  return `object({${attributes.join(',')}})`;
}

/** What a value is, in the words of an error. */
export function nameOf(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'string') return 'a string';
  if (typeof value === 'boolean') return 'a bool';
  if (value instanceof Num) return 'a number';
  if (value instanceof Mapping) return value.kind === 'map' ? 'a map' : 'an object';
  return `a ${value.kind}`;
}
