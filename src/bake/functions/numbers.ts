import { Refusal } from '../fail.ts';
import { Num } from '../value/number.ts';
import { equals, list, num, type Value } from '../value/value.ts';
import { any, anyOrNull, bool, define, type Functions, number, text } from './signature.ts';

const AB = [number('a'), number('b')];
const BOOLS = [bool('a'), bool('b')];
/** As many numbers as the reference's `range` makes. */
const MAX_RANGE = 1024;

function power(base: Num, exponent: Num): Num {
  return Num.float(base.toNumber() ** exponent.toNumber());
}

function logarithm(value: Num, base: Num): Num {
  return Num.float(Math.log(value.toNumber()) / Math.log(base.toNumber()));
}

function extreme(sign: number) {
  return (first: Num, ...more: Num[]): Num =>
    more.reduce((best, other) => (other.compare(best) * sign > 0 ? other : best), first);
}

const DIGITS = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

function parseInteger(written: string | Num | boolean, baseOf: Num): Num {
  const base = baseOf.toInteger('the base');
  if (base < 2 || base > 62) throw new Refusal(`the base must be 2 to 62, not ${base}`);
  const digits = String(written).replace(/^[+-]/, '');
  let value = 0n;
  for (const digit of base <= 36 ? digits.toLowerCase() : digits) {
    const weight = DIGITS.indexOf(digit);
    if (weight < 0 || weight >= base)
      throw new Refusal(`${JSON.stringify(written)} is no whole number in base ${base}`);
    value = value * BigInt(base) + BigInt(weight);
  }
  if (digits === '') throw new Refusal(`${JSON.stringify(written)} is no whole number in base ${base}`);
  return Num.of(String(written).startsWith('-') ? -value : value);
}

/** `range(end)`, `range(start, end)`, `range(start, end, step)`: up to, and without, the end. */
function range(...args: Num[]): Value {
  const [start, end, given] = args.length === 1 ? [num(0), args[0] as Num] : (args as [Num, Num, Num?]);
  if (args.length > 3) throw new Refusal('takes 1 to 3 arguments');
  const down = end.compare(start) < 0;
  const step = given ?? num(down ? -1 : 1);
  if (step.compare(num(0)) === 0) throw new Refusal('the step must not be 0');
  if (step.compare(num(0)) < 0 !== down && end.compare(start) !== 0)
    throw new Refusal('the step leads away from the end');
  const items: Num[] = [];
  for (let at = start; down ? at.compare(end) > 0 : at.compare(end) < 0; at = at.plus(step)) {
    items.push(at);
    if (items.length > MAX_RANGE) throw new Refusal(`more than ${MAX_RANGE} numbers`);
  }
  return list(items);
}

const ceil = (value: Num): Num => value.negated().floor().negated();

export const NUMBERS: Functions = {
  absolute: define([number('num')], (value: Num) => (value.compare(num(0)) < 0 ? value.negated() : value)),
  add: define(AB, (a: Num, b: Num) => a.plus(b)),
  and: define(BOOLS, (a: boolean, b: boolean) => a && b),
  ceil: define([number('num')], ceil),
  divide: define(AB, (a: Num, b: Num) => a.over(b)),
  equal: define([anyOrNull('a'), anyOrNull('b')], equals),
  floor: define([number('num')], (value: Num) => value.floor()),
  greaterthan: define(AB, (a: Num, b: Num) => a.compare(b) > 0),
  greaterthanorequalto: define(AB, (a: Num, b: Num) => a.compare(b) >= 0),
  int: define([number('num')], (value: Num) => value.truncated()),
  lessthan: define(AB, (a: Num, b: Num) => a.compare(b) < 0),
  lessthanorequalto: define(AB, (a: Num, b: Num) => a.compare(b) <= 0),
  log: define([number('num'), number('base')], logarithm),
  max: define([number('number')], extreme(1), number('numbers')),
  min: define([number('number')], extreme(-1), number('numbers')),
  modulo: define(AB, (a: Num, b: Num) => a.remainder(b)),
  multiply: define(AB, (a: Num, b: Num) => a.times(b)),
  negate: define([number('num')], (value: Num) => value.negated()),
  not: define([bool('val')], (value: boolean) => !value),
  notequal: define([anyOrNull('a'), anyOrNull('b')], (a: Value, b: Value) => !equals(a, b)),
  or: define(BOOLS, (a: boolean, b: boolean) => a || b),
  parseint: define([any('number'), number('base')], parseInteger),
  pow: define([number('num'), number('power')], power),
  range: define([number('first')], range, number('more')),
  signum: define([number('num')], (value: Num) => num(value.compare(num(0)))),
  subtract: define(AB, (a: Num, b: Num) => a.minus(b)),
  // No expression makes a buffer of bytes, so these two refuse whatever they are given, as in the reference.
  byteslen: define([text('buf')], noBuffer),
  bytesslice: define([text('buf'), number('offset'), number('length')], noBuffer),
};

function noBuffer(): Value {
  throw new Refusal('takes a buffer of bytes, and a text is none: use strlen or substr');
}
