import { Num } from './number.ts';

/** What an expression of a bake file comes to (the model of go-cty, without unknown values). */
export type Value = null | string | boolean | Num | Sequence | Mapping;

/** A tuple is what is written in brackets; a list or a set is what a function or a type made of one. */
export class Sequence {
  readonly kind: 'tuple' | 'list' | 'set';
  readonly items: readonly Value[];

  constructor(kind: 'tuple' | 'list' | 'set', items: readonly Value[]) {
    this.kind = kind;
    this.items = items;
  }
}

/** An object is what is written in braces; a map is what a function or a type made of one. Keys are in order. */
export class Mapping {
  readonly kind: 'object' | 'map';
  readonly entries: ReadonlyMap<string, Value>;

  constructor(kind: 'object' | 'map', entries: Iterable<readonly [string, Value]>) {
    this.kind = kind;
    this.entries = new Map([...new Map(entries)].sort(([a], [b]) => compareText(a, b)));
  }
}

/** By code points, which for valid text is the order of its bytes. */
export function compareText(a: string, b: string): number {
  return Buffer.compare(Buffer.from(a), Buffer.from(b));
}

export function tuple(items: readonly Value[]): Sequence {
  return new Sequence('tuple', items);
}

export function list(items: readonly Value[]): Sequence {
  return new Sequence('list', items);
}

/** A set: no value twice, in the order that iteration has. */
export function set(items: readonly Value[]): Sequence {
  const distinct: Value[] = [];
  for (const item of items) if (!distinct.some((other) => equals(other, item))) distinct.push(item);
  return new Sequence('set', distinct.sort(compareValues));
}

export function object(entries: Iterable<readonly [string, Value]>): Mapping {
  return new Mapping('object', entries);
}

export function num(value: number | bigint): Num {
  return Num.of(value);
}

export function equals(a: Value, b: Value): boolean {
  if (a instanceof Num) return b instanceof Num && a.compare(b) === 0;
  if (a instanceof Sequence) {
    if (!(b instanceof Sequence) || a.items.length !== b.items.length) return false;
    return a.items.every((item, index) => equals(item, b.items[index] as Value));
  }
  if (a instanceof Mapping) {
    if (!(b instanceof Mapping) || a.entries.size !== b.entries.size) return false;
    return [...a.entries].every(([key, value]) => b.entries.has(key) && equals(value, b.entries.get(key) as Value));
  }
  return a === b;
}

/** The order of a set: numbers by size, texts by code points; anything else keeps its place. */
function compareValues(a: Value, b: Value): number {
  if (a instanceof Num && b instanceof Num) return a.compare(b);
  return typeof a === 'string' && typeof b === 'string' ? compareText(a, b) : 0;
}
