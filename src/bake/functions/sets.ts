import { equals, list, type Sequence, set, tuple, type Value } from '../value/value.ts';
import { any, anySet, define, type Functions } from './signature.ts';

const has = ({ items }: Sequence, wanted: Value): boolean => items.some((item) => equals(item, wanted));
const without = (a: Sequence, b: Sequence): Value[] => a.items.filter((item) => !has(b, item));

/** All ways to take one element of each; of sets a set, of lists a list. */
function product(first: Sequence, ...more: Sequence[]): Value {
  let rows: Value[][] = first.items.map((item) => [item]);
  for (const { items } of more) rows = rows.flatMap((row) => items.map((item) => [...row, item]));
  const tuples = rows.map(tuple);
  return [first, ...more].every(({ kind }) => kind === 'set') ? set(tuples) : list(tuples);
}

const SETS_OF_TWO = [anySet('a'), anySet('b')];

export const SETS: Functions = {
  sethaselement: define([anySet('set'), any('elem')], has),
  setintersection: define(
    [anySet('first_set')],
    (first: Sequence, ...more: Sequence[]) =>
      set(first.items.filter((item) => more.every((other) => has(other, item)))),
    anySet('other_sets'),
  ),
  setproduct: define([any('first')], product, any('others')),
  setsubtract: define(SETS_OF_TWO, (a: Sequence, b: Sequence) => set(without(a, b))),
  setsymmetricdifference: define(
    [anySet('first_set')],
    (first: Sequence, ...more: Sequence[]) =>
      more.reduce((result, other) => set([...without(result, other), ...without(other, result)]), first),
    anySet('other_sets'),
  ),
  setunion: define(
    [anySet('first_set')],
    (first: Sequence, ...more: Sequence[]) => set([first, ...more].flatMap(({ items }) => items)),
    anySet('other_sets'),
  ),
};
