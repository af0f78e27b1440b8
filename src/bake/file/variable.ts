import type { Attribute, Block, Expression } from '../../../grammar/hcl/index.ts';
import { TsbuildError } from '../../base/error.ts';
import { didYouMean } from '../../base/suggest.ts';
import { csvTexts } from '../csv.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { Scope } from '../evaluate/scope.ts';
import { failAt, Refusal } from '../fail.ts';
import { decodeJson } from '../functions/encoding.ts';
import { convert, toBool, toText } from '../value/convert.ts';
import { Num } from '../value/number.ts';
import { isPrimitive, nameOf, type Type, typeOf } from '../value/type.ts';
import { readType, wordOf } from '../value/type-expression.ts';
import { tuple, type Value } from '../value/value.ts';
import { type BakeEnvironment, givenValue } from './environment.ts';

/** A `variable` block. */
export interface Variable {
  name: string;
  block: Block;
  type: Type | undefined;
  default: Expression | undefined;
  description: string | undefined;
}

const ATTRIBUTES = ['default', 'description', 'type'];

export function readVariable(block: Block): Variable {
  const { attributes, blocks } = block.body;
  const unknown = attributes.find(({ name }) => !ATTRIBUTES.includes(name));
  if (unknown !== undefined) {
    throw failAt(unknown.at, `a variable has no attribute ${unknown.name}`, didYouMean(unknown.name, ATTRIBUTES));
  }
  const other = blocks.find(({ type }) => type !== 'validation');
  if (other !== undefined)
    throw failAt(other.at, `a variable has no block ${other.type}`, 'it may have validation blocks');
  const find = (wanted: string): Attribute | undefined => attributes.find(({ name }) => name === wanted);
  const description = find('description');
  const type = find('type');
  return {
    name: block.labels[0]?.text ?? '',
    block,
    type: type && readType(type.value),
    default: find('default')?.value,
    description: description && literalText(description.value),
  };
}

function literalText(expression: Expression): string {
  const text = expression.kind === 'template' && expression.parts.length === 0 ? '' : wordOf(expression);
  if (text !== undefined) return text;
  throw failAt(expression.at, 'a description is a text without variables');
}

/**
 * The value of a variable: the one given to it from outside, converted to its type or to that of its default; else
 * `written` (its default, or what a file sets it to). Without any it is empty, or null where it has a type.
 */
export function variableValue(variable: Variable, written: Value | undefined, environment: BakeEnvironment): Value {
  const { name, type, block } = variable;
  const at = variable.default?.at ?? block.at;
  try {
    const json = givenValue(environment, `${name}_JSON`);
    if (json !== undefined && type !== undefined && !isPrimitive(type)) return convert(decodeJson(json), type);
    const given = givenValue(environment, name);
    if (given !== undefined) return fromText(given, type ?? typeOf(written ?? null), type !== undefined);
    if (written === undefined) return type === undefined ? '' : null;
    return type === undefined ? written : convert(written, type);
  } catch (error) {
    if (error instanceof Refusal) throw failAt(at, `the value of ${name}: ${error.message}`);
    throw error;
  }
}

/** A text of the environment as a value: lists are comma-separated, anything deeper comes as JSON in NAME_JSON. */
function fromText(given: string, type: Type, declared: boolean): Value {
  if (type === 'any' || type === 'string') return given;
  if (type === 'bool') return parseBool(given);
  if (type === 'number') return parseNumber(given);
  if (!declared) {
    throw new Refusal(
      'it is no single value, and has no type that says how to read one: add type = list(string), or what it is',
    );
  }
  if (type.kind === 'map' || type.kind === 'object') {
    throw new Refusal('a map or object is given as JSON, in a variable with _JSON behind its name');
  }
  const items = csvTexts(given);
  const elementType = (at: number): Type => (type.kind === 'tuple' ? (type.items[at] ?? 'any') : type.of);
  return convert(tuple(items.map((item, at) => fromText(item.trim(), elementType(at), true))), type);
}

const TRUE = new Set(['1', 't', 'T', 'TRUE', 'true', 'True']);
const FALSE = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False']);

function parseBool(given: string): boolean {
  if (TRUE.has(given) || FALSE.has(given)) return TRUE.has(given);
  throw new Refusal(`${JSON.stringify(given)} is neither true nor false`);
}

function parseNumber(given: string): Num {
  const number = Num.parse(given);
  if (number === undefined) throw new Refusal(`${JSON.stringify(given)} is no number`);
  return number;
}

/** Throws the error message of the first validation that does not hold. */
export function validateVariable({ name, block }: Variable, scope: Scope): void {
  for (const validation of block.body.blocks) {
    const find = (wanted: string): Expression => {
      const found = validation.body.attributes.find((attribute) => attribute.name === wanted)?.value;
      if (found === undefined) throw failAt(validation.at, `a validation needs ${wanted}`);
      return found;
    };
    const condition = find('condition');
    const message = find('error_message');
    if (holds(evaluate(condition, scope), condition)) continue;
    const text = evaluate(message, scope);
    throw failAt(condition.at, `${name} is not valid: ${typeof text === 'string' ? text : toText(text)}`);
  }
}

function holds(value: Value, { at }: Expression): boolean {
  try {
    if (value !== null) return toBool(value);
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
  }
  throw failAt(at, `a condition must be true or false, and this is ${nameOf(value)}`);
}

/** Refuses `--var` for a variable that no file has: it would do nothing. */
export function requireKnown(vars: Iterable<string>, known: readonly string[]): void {
  for (const name of vars) {
    if (known.includes(name) || known.includes(name.replace(/_JSON$/, ''))) continue;
    throw new TsbuildError('USAGE', `--var ${name}: no bake file has such a variable`, {
      hint: didYouMean(name, known),
    });
  }
}
