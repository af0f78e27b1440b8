import type { BakeFunction } from '../evaluate/scope.ts';
import { Refusal } from '../fail.ts';
import { convert } from '../value/convert.ts';
import type { Type } from '../value/type.ts';
import type { Value } from '../value/value.ts';

/** What a parameter takes: the type that arguments are converted to, and whether null is let through. */
export interface Parameter {
  name: string;
  type: Type;
  nullable?: boolean;
}

/**
 * A function whose arguments are checked and converted before it sees them; behind `params` come any number of
 * `rest`, where there is one.
 */
export function define(
  params: readonly Parameter[],
  implementation: (...args: never[]) => Value,
  rest?: Parameter,
): BakeFunction {
  const call = (args: readonly Value[]): Value => {
    if (args.length < params.length || (rest === undefined && args.length > params.length)) {
      const wanted = rest === undefined ? params.length : `at least ${params.length}`;
      throw new Refusal(`takes ${wanted} argument${wanted === 1 ? '' : 's'}, not ${args.length}`);
    }
    const converted = args.map((arg, index) => argument(arg, params[index] ?? (rest as Parameter)));
    return implementation(...(converted as never[]));
  };
  return { lazy: false, call };
}

function argument(value: Value, { name, type, nullable }: Parameter): Value {
  if (value === null && nullable !== true) throw new Refusal(`the argument ${JSON.stringify(name)} is null`);
  try {
    return convert(value, type);
  } catch (error) {
    if (error instanceof Refusal) throw new Refusal(`the argument ${JSON.stringify(name)}: ${error.message}`);
    throw error;
  }
}

export const text = (name: string): Parameter => ({ name, type: 'string' });
export const number = (name: string): Parameter => ({ name, type: 'number' });
export const bool = (name: string): Parameter => ({ name, type: 'bool' });
export const any = (name: string): Parameter => ({ name, type: 'any' });
export const anyOrNull = (name: string): Parameter => ({ name, type: 'any', nullable: true });
export const texts = (name: string): Parameter => ({ name, type: { kind: 'list', of: 'string' } });
export const anySet = (name: string): Parameter => ({ name, type: { kind: 'set', of: 'any' } });

/** Functions by name. */
export type Functions = Readonly<Record<string, BakeFunction>>;
