import type { Expression, ForLoop, TemplatePart } from '../../../grammar/hcl/index.ts';
import { failAt, Refusal } from '../fail.ts';
import { toBool, toText } from '../value/convert.ts';
import { nameOf } from '../value/type.ts';
import type { Value } from '../value/value.ts';
import type { Scope } from './scope.ts';

type Evaluate = (expression: Expression, scope: Scope) => Value;
type ForEach = (loop: ForLoop, scope: Scope) => Iterable<Scope>;

/** A template that is one interpolation and nothing else is that value, of whatever type; any other is a text. */
export function evaluateTemplate(
  parts: readonly TemplatePart[],
  scope: Scope,
  evaluate: Evaluate,
  forEach: ForEach,
): Value {
  const [only] = parts;
  if (parts.length === 1 && only?.kind === 'interpolation') return evaluate(only.value, scope);
  const render = (pieces: readonly TemplatePart[], inner: Scope): string =>
    pieces.map((part) => renderPart(part, inner)).join('');
  const renderPart = (part: TemplatePart, inner: Scope): string => {
    if (part.kind === 'text') return part.text;
    if (part.kind === 'for') return [...forEach(part.loop, inner)].map((each) => render(part.body, each)).join('');
    if (part.kind === 'interpolation') return textIn(evaluate(part.value, inner), part.value);
    const condition = evaluate(part.condition, inner);
    return render(isTrue(condition, part.condition) ? part.whenTrue : part.whenFalse, inner);
  };
  return render(parts, scope);
}

function textIn(value: Value, { at }: Expression): string {
  if (value === null) throw failAt(at, 'this is null, and cannot be part of a text');
  try {
    return toText(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    throw failAt(
      at,
      `${nameOf(value)} cannot be part of a text`,
      'join(", ", list) makes a text of a list, jsonencode(value) of anything',
    );
  }
}

function isTrue(value: Value, { at }: Expression): boolean {
  try {
    if (value !== null) return toBool(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw failAt(at, `the condition is ${nameOf(value)}, and must be true or false`);
}
