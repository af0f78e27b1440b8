import type { Block, Expression } from '../../../grammar/hcl/index.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { type BakeFunction, type Scope, withVariables } from '../evaluate/scope.ts';
import { failAt, Refusal } from '../fail.ts';
import { wordOf } from '../value/type-expression.ts';
import { tuple, type Value } from '../value/value.ts';

/** A `function` block as a function: `params`, `variadic_params`, `result`. It sees variables, and calls others. */
export function readFunction(block: Block, scope: () => Scope): BakeFunction {
  const attribute = (wanted: string): Expression | undefined =>
    block.body.attributes.find(({ name }) => name === wanted)?.value;
  const name = block.labels[0]?.text ?? '';
  const params = attribute('params');
  const result = attribute('result');
  const variadic = attribute('variadic_params');
  if (params?.kind !== 'tuple') throw failAt(params?.at ?? block.at, `the function ${name} needs params = [NAME, …]`);
  if (result === undefined) throw failAt(block.at, `the function ${name} needs a result`);
  const names = params.items.map(parameterName);
  const rest = variadic && parameterName(variadic);
  let running = false;
  const call = (args: readonly Value[]): Value => {
    if (args.length < names.length || (rest === undefined && args.length > names.length)) {
      throw new Refusal(`takes ${names.length} argument${names.length === 1 ? '' : 's'}, not ${args.length}`);
    }
    if (running) throw new Refusal('a function cannot call itself');
    const values = new Map(names.map((param, at) => [param, args[at] as Value]));
    if (rest !== undefined) values.set(rest, tuple(args.slice(names.length)));
    running = true;
    try {
      return evaluate(result, withVariables(scope(), values));
    } finally {
      running = false;
    }
  };
  return { lazy: false, call };
}

function parameterName(expression: Expression): string {
  const name = wordOf(expression);
  if (name !== undefined) return name;
  throw failAt(expression.at, 'the name of a parameter is a word');
}
