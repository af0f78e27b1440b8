import type { BinaryOperator, UnaryOperator } from '../../../grammar/hcl/index.ts';
import { Refusal } from '../fail.ts';
import { toBool, toNumber } from '../value/convert.ts';
import type { Num } from '../value/number.ts';
import { equals, type Value } from '../value/value.ts';

const ARITHMETIC: Partial<Record<BinaryOperator, (a: Num, b: Num) => Value>> = {
  '+': (a, b) => a.plus(b),
  '-': (a, b) => a.minus(b),
  '*': (a, b) => a.times(b),
  '/': (a, b) => a.over(b),
  '%': (a, b) => a.remainder(b),
  '<': (a, b) => a.compare(b) < 0,
  '<=': (a, b) => a.compare(b) <= 0,
  '>': (a, b) => a.compare(b) > 0,
  '>=': (a, b) => a.compare(b) >= 0,
};

/** Both sides are always evaluated, as the reference does. */
export function binary(operator: BinaryOperator, left: Value, right: Value): Value {
  if (operator === '==') return equals(left, right);
  if (operator === '!=') return !equals(left, right);
  if (left === null || right === null) throw new Refusal(`${operator} takes no null`);
  if (operator === '&&') return toBool(left) && toBool(right);
  if (operator === '||') return toBool(left) || toBool(right);
  return ARITHMETIC[operator]?.(toNumber(left), toNumber(right)) ?? null;
}

export function unary(operator: UnaryOperator, operand: Value): Value {
  if (operand === null) throw new Refusal(`${operator} takes no null`);
  return operator === '!' ? !toBool(operand) : toNumber(operand).negated();
}
