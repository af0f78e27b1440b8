import type { Attribute, Block, Body, Expression, Place } from '../../../grammar/hcl/index.ts';
import { didYouMean } from '../../base/suggest.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import type { BakeFunction, Lazy, Scope } from '../evaluate/scope.ts';
import { failAt } from '../fail.ts';
import { STANDARD_FUNCTIONS } from '../functions/index.ts';
import type { Value } from '../value/value.ts';
import type { BakeEnvironment } from './environment.ts';
import { readFunction } from './function.ts';
import { SCHEMA } from './schema.ts';
import { readVariable, type Variable, validateVariable, variableValue } from './variable.ts';

/** Finds the value of `target.NAME.ATTRIBUTE`; undefined where nobody has such a target or group. */
export type BlockAttribute = (type: string, name: string, attribute: string, at: Place) => Value | undefined;

/**
 * The names at the top of all files together: variables, global attributes, functions. Each is evaluated when it is
 * first asked for, so that their order does not matter. A later file's definition replaces an earlier one's.
 */
export class Globals implements Scope {
  readonly variables = new Map<string, Variable>();
  readonly #attributes = new Map<string, Attribute>();
  readonly #functions = new Map<string, BakeFunction>();
  readonly #values = new Map<string, Value>();
  readonly #running = new Set<string>();
  readonly #environment: BakeEnvironment;
  readonly #blockAttribute: BlockAttribute;

  constructor(bodies: readonly Body[], environment: BakeEnvironment, blockAttribute: BlockAttribute) {
    this.#environment = environment;
    this.#blockAttribute = blockAttribute;
    for (const body of bodies) this.#add(body);
  }

  #add(body: Body): void {
    for (const block of body.blocks) {
      requireLabel(block);
      const name = block.labels[0]?.text ?? '';
      if (block.type === 'variable' && !this.#environment.builtins.has(name))
        this.variables.set(name, readVariable(block));
      if (block.type === 'function')
        this.#functions.set(
          name,
          readFunction(block, () => this),
        );
    }
    for (const attribute of body.attributes) {
      const { name } = attribute;
      if (Object.hasOwn(SCHEMA, name)) throw failAt(attribute.at, `${name} is a block: ${name} "NAME" { … }`);
      if (!this.#environment.builtins.has(name)) this.#attributes.set(name, attribute);
    }
  }

  /** Evaluates everything, and checks the validations of variables. */
  check(): void {
    for (const { block, name } of this.variables.values()) this.variable(name, block.at);
    for (const variable of this.variables.values()) validateVariable(variable, this);
    for (const { name, at } of this.#attributes.values()) this.variable(name, at);
  }

  variable(name: string, at: Place): Value | Lazy | undefined {
    if (this.#values.has(name)) return this.#values.get(name);
    if (name === 'target' || name === 'group') return this.#blocks(name);
    const builtin = this.#environment.builtins.get(name);
    if (builtin !== undefined) return builtin;
    const variable = this.variables.get(name);
    const written = this.#attributes.get(name)?.value ?? variable?.default;
    if (variable === undefined && written === undefined) return undefined;
    if (this.#running.has(name)) throw failAt(at, `the value of ${name} depends on itself`);
    this.#running.add(name);
    const value = this.#evaluate(variable, written);
    this.#running.delete(name);
    this.#values.set(name, value);
    return value;
  }

  #evaluate(variable: Variable | undefined, written: Expression | undefined): Value {
    const value = written && evaluate(written, this);
    return variable === undefined ? (value ?? null) : variableValue(variable, value, this.#environment);
  }

  #blocks(type: string): Lazy {
    return {
      attribute: (name) => ({
        attribute: (attribute, at) => {
          const value = this.#blockAttribute(type, name, attribute, at);
          if (value === undefined) throw failAt(at, `there is no ${type} ${name}`);
          return value;
        },
      }),
    };
  }

  function(name: string): BakeFunction | undefined {
    const own = this.#functions.get(name);
    return own ?? (Object.hasOwn(STANDARD_FUNCTIONS, name) ? STANDARD_FUNCTIONS[name] : undefined);
  }

  variableNames(): string[] {
    return [...this.variables.keys(), ...this.#attributes.keys(), ...this.#environment.builtins.keys(), 'target'];
  }

  functionNames(): string[] {
    return [...this.#functions.keys(), ...Object.keys(STANDARD_FUNCTIONS)];
  }
}

function requireLabel(block: Block): void {
  if (!Object.hasOwn(SCHEMA, block.type)) {
    const types = Object.keys(SCHEMA);
    throw failAt(
      block.at,
      `there is no block ${block.type}`,
      didYouMean(block.type, types) ?? `blocks are ${types.join(', ')}`,
    );
  }
  if (block.labels.length === 1) return;
  const [, second] = block.labels;
  throw failAt(second?.at ?? block.at, `a ${block.type} has one name: ${block.type} "NAME" { … }`);
}
