import { index as elementOf } from '../evaluate/evaluate.ts';
import { Refusal } from '../fail.ts';
import { toText, unify } from '../value/convert.ts';
import type { Num } from '../value/number.ts';
import { nameOf } from '../value/type.ts';
import { equals, list, Mapping, num, object, Sequence, tuple, type Value } from '../value/value.ts';
import { any, anyOrNull, define, type Functions, number, text, texts } from './signature.ts';

function sequence(value: Value): Sequence {
  if (value instanceof Sequence) return value;
  throw new Refusal(`takes a list, and this is ${nameOf(value)}`);
}

function mapping(value: Value): Mapping {
  if (value instanceof Mapping) return value;
  throw new Refusal(`takes a map or an object, and this is ${nameOf(value)}`);
}

/** As a list where the elements are of one type, else as a tuple. */
function listOrTuple(items: readonly Value[]): Sequence {
  const unified = unify(items);
  return unified === undefined ? tuple(items) : list(unified);
}

function chunks(value: Value, sizeOf: Num): Value {
  const { items } = sequence(value);
  const size = sizeOf.toInteger('the size');
  if (size < 0) throw new Refusal('the size must not be negative');
  if (size === 0) return list(items.length === 0 ? [] : [list(items)]);
  const count = Math.ceil(items.length / size);
  return list(Array.from({ length: count }, (_, at) => list(items.slice(at * size, (at + 1) * size))));
}

function coalesce(...values: Value[]): Value {
  const unified = unify(values);
  if (unified === undefined) throw new Refusal('all arguments must have the same type');
  const found = unified.find((value) => value !== null);
  if (found === undefined) throw new Refusal('all arguments are null');
  return found;
}

function coalesceList(...values: Value[]): Value {
  const found = values.find((value) => value !== null && sequence(value).items.length > 0);
  if (found === undefined) throw new Refusal('all lists are empty');
  return found;
}

function concat(...values: Value[]): Value {
  const all = values.map(sequence);
  const items = all.flatMap(({ items: inner }) => inner);
  return all.every(({ kind }) => kind === 'list') ? listOrTuple(items) : tuple(items);
}

function distinct(value: Value): Value {
  const found: Value[] = [];
  for (const item of sequence(value).items) if (!found.some((other) => equals(other, item))) found.push(item);
  return list(found);
}

function element(value: Value, at: Num): Value {
  const { items } = sequence(value);
  if (items.length === 0) throw new Refusal('an empty list has no elements');
  const position = at.toInteger('the index') % items.length;
  return items.at(position) as Value;
}

function flatten(value: Value): Value {
  const inner = (items: readonly Value[]): Value[] =>
    items.flatMap((item) => (item instanceof Sequence ? inner(item.items) : [item]));
  return tuple(inner(sequence(value).items));
}

function hasIndex(value: Value, key: Value): boolean {
  try {
    elementOf(value, key);
    return true;
  } catch (error) {
    if (error instanceof Refusal) return false;
    throw error;
  }
}

function indexOf(value: Value, wanted: Value): Value {
  const found = sequence(value).items.findIndex((item) => equals(item, wanted));
  if (found < 0) throw new Refusal('there is no such element');
  return num(found);
}

function keys(value: Value): Value {
  const { kind, entries } = mapping(value);
  return kind === 'map' ? list([...entries.keys()]) : tuple([...entries.keys()]);
}

function values(value: Value): Value {
  const { kind, entries } = mapping(value);
  return kind === 'map' ? list([...entries.values()]) : tuple([...entries.values()]);
}

function length(value: Value): Value {
  if (value instanceof Mapping) return num(value.entries.size);
  return num(sequence(value).items.length);
}

function lookup(value: Value, key: string, otherwise: Value): Value {
  return mapping(value).entries.get(key) ?? otherwise;
}

function merge(...all: Value[]): Value {
  const maps = all.filter((value) => value !== null).map(mapping);
  const entries = maps.flatMap((map) => [...map.entries]);
  return maps.every(({ kind }) => kind === 'map') ? new Mapping('map', entries) : object(entries);
}

function slice(value: Value, from: Num, to: Num): Value {
  const { kind, items } = sequence(value);
  const [start, end] = [from.toInteger('the start'), to.toInteger('the end')];
  if (start < 0 || end < start || end > items.length) {
    throw new Refusal(`the bounds ${start} and ${end} do not lie within a list of ${items.length}`);
  }
  return new Sequence(kind, items.slice(start, end));
}

function zipmap(names: Sequence, value: Value): Value {
  const { kind, items } = sequence(value);
  if (names.items.length !== items.length) {
    throw new Refusal(`${names.items.length} keys do not go with ${items.length} values`);
  }
  const entries = names.items.map((name, at) => [toText(name), items[at] as Value] as const);
  return new Mapping(kind === 'tuple' ? 'object' : 'map', entries);
}

const LIST = [any('list')];

export const COLLECTIONS: Functions = {
  chunklist: define([any('list'), number('size')], chunks),
  coalesce: define([anyOrNull('value')], coalesce, anyOrNull('values')),
  coalescelist: define([anyOrNull('list')], coalesceList, anyOrNull('lists')),
  compact: define([texts('list')], ({ items }: Sequence) => list(items.filter((item) => item !== null && item !== ''))),
  concat: define(LIST, concat, any('lists')),
  contains: define([any('list'), any('value')], (value: Value, wanted: Value) =>
    sequence(value).items.some((item) => equals(item, wanted)),
  ),
  distinct: define(LIST, distinct),
  element: define([any('list'), number('index')], element),
  flatten: define(LIST, flatten),
  hasindex: define([any('collection'), any('key')], hasIndex),
  index: define([any('collection'), any('key')], elementOf),
  indexof: define([any('list'), any('value')], indexOf),
  keys: define([any('map')], keys),
  length: define([any('collection')], length),
  lookup: define([any('map'), text('key'), anyOrNull('default')], lookup),
  merge: define([], merge, anyOrNull('maps')),
  reverselist: define(LIST, (value: Value) => {
    const { kind, items } = sequence(value);
    return new Sequence(kind === 'set' ? 'list' : kind, [...items].reverse());
  }),
  slice: define([any('list'), number('start'), number('end')], slice),
  values: define([any('map')], values),
  zipmap: define([texts('keys'), any('values')], zipmap),
};
