import type { Expression, Place } from '../../../grammar/hcl/index.ts';
import type { Value } from '../value/value.ts';

type Evaluate = (expression: Expression, scope: Scope) => Value;

/** A function of the standard set, or one of a file. A lazy one evaluates its arguments itself. */
export type BakeFunction =
  | { lazy: false; call: (args: readonly Value[]) => Value }
  | { lazy: true; call: (args: readonly Expression[], scope: Scope, evaluate: Evaluate) => Value };

/** Something of which only single attributes can be taken, each when it is asked for: `target.app.tags`. */
export interface Lazy {
  attribute(name: string, at: Place): Value | Lazy;
}

export function isLazy(value: Value | Lazy): value is Lazy {
  return typeof value === 'object' && value !== null && 'attribute' in value;
}

/** What the names in an expression stand for. */
export interface Scope {
  /** Undefined where there is no such variable. */
  variable(name: string, at: Place): Value | Lazy | undefined;
  function(name: string): BakeFunction | undefined;
  /** For the hint of an error. */
  variableNames(): Iterable<string>;
  functionNames(): Iterable<string>;
}

/** The same scope with further variables in front of it. */
export function withVariables(scope: Scope, variables: ReadonlyMap<string, Value>): Scope {
  return {
    variable: (name, at) => (variables.has(name) ? variables.get(name) : scope.variable(name, at)),
    function: (name) => scope.function(name),
    variableNames: () => [...variables.keys(), ...scope.variableNames()],
    functionNames: () => scope.functionNames(),
  };
}
