import type { Expression, ForLoop, Place } from '../../../grammar/hcl/index.ts';
import { SPLAT_ELEMENT } from '../../../grammar/hcl/index.ts';
import { TsbuildError } from '../../base/error.ts';
import { didYouMean } from '../../base/suggest.ts';
import { failAt, Refusal } from '../fail.ts';
import { toBool, toText, unify } from '../value/convert.ts';
import { Num } from '../value/number.ts';
import { nameOf } from '../value/type.ts';
import { Mapping, object, Sequence, tuple, type Value } from '../value/value.ts';
import { binary, unary } from './operators.ts';
import { isLazy, type Lazy, type Scope, withVariables } from './scope.ts';
import { evaluateTemplate } from './template.ts';

/** The value of an expression. Errors point at the part of it that has none. */
export function evaluate(expression: Expression, scope: Scope): Value {
  const value = evaluateLazily(expression, scope);
  if (!isLazy(value)) return value;
  throw failAt(expression.at, 'this is no value by itself', 'name an attribute of it: target.NAME.ATTRIBUTE');
}

function evaluateLazily(expression: Expression, scope: Scope): Value | Lazy {
  switch (expression.kind) {
    case 'variable':
      return variable(expression, scope);
    case 'attribute': {
      const base = evaluateLazily(expression.object, scope);
      return isLazy(base)
        ? base.attribute(expression.name, expression.at)
        : attribute(base, expression.name, expression.at);
    }
    case 'index': {
      const base = evaluateLazily(expression.object, scope);
      const key = evaluate(expression.index, scope);
      return isLazy(base)
        ? base.attribute(textAt(key, expression.index.at), expression.at)
        : elementAt(base, key, expression.at);
    }
    case 'parentheses':
      return evaluateLazily(expression.inner, scope);
    default:
      return guarded(expression.at, () => plain(expression, scope));
  }
}

/** Gives a refusal the place of the expression that it came out of. */
function guarded<T>(at: Place, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof Refusal) throw failAt(at, error.message);
    throw error;
  }
}

function plain(expression: Expression, scope: Scope): Value {
  switch (expression.kind) {
    case 'number':
      return Num.parse(expression.text) ?? null;
    case 'constant':
      return expression.value;
    case 'template':
      return evaluateTemplate(expression.parts, scope, evaluate, forEach);
    case 'unary':
      return unary(expression.operator, evaluate(expression.operand, scope));
    case 'binary':
      return binary(expression.operator, evaluate(expression.left, scope), evaluate(expression.right, scope));
    case 'conditional':
      return conditional(expression, scope);
    case 'tuple':
      return tuple(expression.items.map((item) => evaluate(item, scope)));
    case 'object':
      return object(
        expression.items.map(
          ({ key, value }) => [textAt(evaluate(key, scope), key.at), evaluate(value, scope)] as const,
        ),
      );
    case 'for':
      return forExpression(expression, scope);
    case 'call':
      return call(expression, scope);
    case 'splat':
      return splat(expression, scope);
    default:
      return evaluate(expression, scope);
  }
}

function textAt(value: Value, at: Place): string {
  if (value === null) throw failAt(at, 'a key cannot be null');
  return guarded(at, () => toText(value));
}

function variable({ name, at }: Expression & { kind: 'variable' }, scope: Scope): Value | Lazy {
  const value = scope.variable(name, at);
  if (value !== undefined) return value;
  throw failAt(at, `there is no variable ${name}`, didYouMean(name, scope.variableNames()));
}

function attribute(base: Value, name: string, at: Place): Value {
  if (base === null) throw failAt(at, `null has no attribute ${name}`);
  if (!(base instanceof Mapping)) throw failAt(at, `${nameOf(base)} has no attributes`);
  const value = base.entries.get(name);
  if (value === undefined) throw failAt(at, `there is no attribute ${name}`, didYouMean(name, base.entries.keys()));
  return value;
}

function elementAt(base: Value, key: Value, at: Place): Value {
  return guarded(at, () => index(base, key));
}

/** `collection[key]`; a `Refusal` where there is no such element. */
export function index(base: Value, key: Value): Value {
  if (base instanceof Mapping) {
    const name = toText(key);
    const value = base.entries.get(name);
    if (value === undefined) throw new Refusal(`there is no element with the key ${JSON.stringify(name)}`);
    return value;
  }
  if (!(base instanceof Sequence) || base.kind === 'set') throw new Refusal(`${nameOf(base)} has no elements by index`);
  const position = key instanceof Num ? key : Num.parse(typeof key === 'string' ? key : '');
  if (position === undefined) throw new Refusal(`the index must be a number, and this is ${nameOf(key)}`);
  const value = base.items[position.toInteger('the index')];
  if (value === undefined)
    throw new Refusal(`there is no element ${position}: the ${base.kind} has ${base.items.length}`);
  return value;
}

function conditional(expression: Expression & { kind: 'conditional' }, scope: Scope): Value {
  const { condition, whenTrue, whenFalse } = expression;
  const decision = evaluate(condition, scope);
  if (decision === null) throw failAt(condition.at, 'the condition is null');
  const chosen = guarded(condition.at, () => toBool(decision)) ? whenTrue : whenFalse;
  const value = evaluate(chosen, scope);
  const other = otherwise(chosen === whenTrue ? whenFalse : whenTrue, scope);
  if (other === undefined) return value;
  const [unified] = unify([value, other]) ?? [];
  if (unified !== undefined) return unified;
  throw failAt(expression.at, `the two results must have one type, and are ${nameOf(value)} and ${nameOf(other)}`);
}

/** The branch that is not taken decides the type with the other; what is wrong in it does not matter. */
function otherwise(branch: Expression, scope: Scope): Value | undefined {
  try {
    return evaluate(branch, scope);
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

/** One scope for each element of what a `for` goes through. */
function* forEach(loop: ForLoop, scope: Scope): Generator<Scope> {
  const collection = evaluate(loop.collection, scope);
  for (const [key, value] of elements(collection, loop.collection.at)) {
    const names = new Map([[loop.valueName, value]]);
    if (loop.keyName !== undefined) names.set(loop.keyName, key);
    yield withVariables(scope, names);
  }
}

function elements(collection: Value, at: Place): [Value, Value][] {
  if (collection instanceof Mapping) return [...collection.entries];
  if (!(collection instanceof Sequence)) throw failAt(at, `cannot go through ${nameOf(collection)}`);
  return collection.items.map((item, position) => [collection.kind === 'set' ? item : Num.of(position), item]);
}

function forExpression(expression: Expression & { kind: 'for' }, scope: Scope): Value {
  const { loop, key, value, condition, grouped } = expression;
  const items: Value[] = [];
  const entries = new Map<string, Value[]>();
  for (const inner of forEach(loop, scope)) {
    if (condition !== undefined && !isTrue(condition, inner)) continue;
    if (key === undefined) {
      items.push(evaluate(value, inner));
      continue;
    }
    const name = textAt(evaluate(key, inner), key.at);
    const group = entries.get(name) ?? [];
    if (group.length > 0 && !grouped) {
      throw failAt(
        key.at,
        `two elements have the key ${JSON.stringify(name)}`,
        'write ... behind the value to group them',
      );
    }
    entries.set(name, [...group, evaluate(value, inner)]);
  }
  if (key === undefined) return tuple(items);
  return object([...entries].map(([name, group]) => [name, grouped ? tuple(group) : (group[0] as Value)] as const));
}

function isTrue(condition: Expression, scope: Scope): boolean {
  const value = evaluate(condition, scope);
  if (value === null) throw failAt(condition.at, 'the condition is null');
  return guarded(condition.at, () => toBool(value));
}

function call({ name, nameAt, args, expand, at }: Expression & { kind: 'call' }, scope: Scope): Value {
  const found = scope.function(name);
  if (found === undefined)
    throw failAt(nameAt, `there is no function ${name}`, didYouMean(name, scope.functionNames()));
  try {
    if (found.lazy) return found.call(args, scope, evaluate);
    const values = args.map((arg) => evaluate(arg, scope));
    return found.call(expand ? expanded(values, args.at(-1)?.at ?? at) : values);
  } catch (error) {
    if (error instanceof Refusal) throw failAt(at, `${name}: ${error.message}`);
    throw error;
  }
}

/** `f(a, list...)`: the elements of the last argument are arguments. */
function expanded(values: readonly Value[], at: Place): Value[] {
  const last = values.at(-1) ?? null;
  if (!(last instanceof Sequence))
    throw failAt(at, `only a list can be expanded with ..., and this is ${nameOf(last)}`);
  return [...values.slice(0, -1), ...last.items];
}

/** A value that is no sequence is a sequence of itself; null is an empty one. */
function splat({ object: source, each }: Expression & { kind: 'splat' }, scope: Scope): Value {
  const value = evaluate(source, scope);
  const items = value instanceof Sequence ? value.items : value === null ? [] : [value];
  return tuple(items.map((item) => evaluate(each, withVariables(scope, new Map([[SPLAT_ELEMENT, item]])))));
}
