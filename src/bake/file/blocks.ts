import type { Block, Body, Expression, Place, Attribute as SyntaxAttribute } from '../../../grammar/hcl/index.ts';
import { TsbuildError, TsbuildErrors } from '../../base/error.ts';
import { evaluate } from '../evaluate/evaluate.ts';
import { type Scope, withVariables } from '../evaluate/scope.ts';
import { failAt, Refusal } from '../fail.ts';
import { attributeName, setAttribute } from '../target/decode.ts';
import { mergeTarget } from '../target/merge.ts';
import type { Config, Group, Target } from '../target/target.ts';
import { toText } from '../value/convert.ts';
import { nameOf } from '../value/type.ts';
import { Mapping, Sequence, type Value } from '../value/value.ts';
import type { BakeEnvironment } from './environment.ts';
import { Globals } from './globals.ts';

const NAME = /^[a-zA-Z0-9_-]+$/;

/** A block for one combination of its matrix: without one, the block itself. */
interface Instance {
  name: string;
  block: Block;
  scope: Scope;
}

export interface Definitions {
  config: Config;
  globals: Globals;
}

/**
 * Evaluates files in HCL, the later ones laid over the earlier, on top of what `base` defines. All targets are
 * looked at, so that every error is told at once.
 */
export function evaluateFiles(bodies: readonly Body[], environment: BakeEnvironment, base: Config): Definitions {
  const instances = new Map<string, Instance[]>();
  const running = new Set<string>();
  const globals: Globals = new Globals(bodies, environment, (type, name, attribute, at) => {
    const found = instances.get(`${type} ${name}`);
    if (found === undefined) return undefined;
    const key = `${type}.${name}.${attribute}`;
    if (running.has(key)) throw failAt(at, `${key} depends on itself`);
    running.add(key);
    const value = found.map((instance) => attributeValue(instance, attribute)).findLast((item) => item !== undefined);
    running.delete(key);
    return value ?? null;
  });
  const config: Config = { groups: [...base.groups], targets: [...base.targets] };
  const renamed = new Map<string, string[]>();
  const all = bodies.flatMap(({ blocks }) => blocks.filter(({ type }) => type === 'target' || type === 'group'));
  const ordered = all.flatMap((block) => instancesOf(block, globals));
  for (const instance of ordered) {
    const { block, name } = instance;
    const key = `${block.type} ${name}`;
    instances.set(key, [...(instances.get(key) ?? []), instance]);
    const label = block.labels[0]?.text ?? '';
    if (block.type === 'target') renamed.set(label, [...new Set([...(renamed.get(label) ?? []), name])]);
  }
  globals.check();
  collect(ordered, (instance) => {
    if (instance.block.type === 'group') putGroup(config.groups, groupOf(instance));
    else putTarget(config.targets, targetOf(instance));
  });
  for (const [label, names] of renamed) {
    if (names.length !== 1 || names[0] !== label) config.groups.push({ name: label, targets: names });
  }
  return { config, globals };
}

function collect(instances: readonly Instance[], work: (instance: Instance) => void): void {
  const errors: TsbuildError[] = [];
  for (const instance of instances) {
    try {
      work(instance);
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      errors.push(error);
    }
  }
  const [only] = errors;
  if (only !== undefined) throw errors.length === 1 ? only : new TsbuildErrors(errors);
}

function find({ body }: Block, wanted: string): SyntaxAttribute | undefined {
  return body.attributes.find(({ name }) => name === wanted);
}

/** Every combination of the values of a `matrix`, each with the name that `name` gives it. */
function instancesOf(block: Block, globals: Globals): Instance[] {
  const [label] = block.labels;
  const matrix = find(block, 'matrix');
  const name = find(block, 'name');
  if (block.type === 'group' && (matrix ?? name) !== undefined) {
    throw failAt((matrix ?? name)?.at as Place, `a group has no ${matrix === undefined ? 'name' : 'matrix'}`);
  }
  if (matrix === undefined) {
    if (name !== undefined)
      throw failAt(name.at, 'name is for a target with a matrix', 'the name of any other is behind target');
    return [{ name: validName(label?.text ?? '', label?.at ?? block.at), block, scope: globals }];
  }
  const instances = combinations(matrix.value, globals).map((scope) => ({
    name: name === undefined ? (label?.text ?? '') : matrixName(name.value, scope),
    block,
    scope,
  }));
  const names = instances.map((instance) => instance.name);
  const twice = names.find((candidate, at) => names.indexOf(candidate) !== at);
  if (twice === undefined) return instances;
  throw failAt(
    (name ?? matrix).at,
    `two targets of this matrix are named ${twice}`,
    'give each its own, with `name` and the values of the matrix',
  );
}

function matrixName(expression: Expression, scope: Scope): string {
  const value = evaluate(expression, scope);
  return validName(value === null ? '' : toText(value), expression.at);
}

function validName(name: string, at: Place): string {
  if (NAME.test(name)) return name;
  throw failAt(
    at,
    `${JSON.stringify(name)} is no name of a target`,
    'use letters, digits, _ and -; sanitize(text) replaces the rest',
  );
}

function combinations(expression: Expression, globals: Globals): Scope[] {
  const value = evaluate(expression, globals);
  if (!(value instanceof Mapping))
    throw failAt(expression.at, `a matrix is an object of lists, and this is ${nameOf(value)}`);
  let rows: ReadonlyMap<string, Value>[] = [new Map()];
  for (const [axis, values] of value.entries) {
    if (!(values instanceof Sequence)) throw failAt(expression.at, `the values of ${axis} must be a list`);
    rows = values.items.flatMap((item) => rows.map((row) => new Map([...row, [axis, item]])));
  }
  if (rows.length > MAX_MATRIX) throw failAt(expression.at, `a matrix of ${rows.length} targets is too large`);
  return rows.map((row) => withVariables(globals, row));
}

const MAX_MATRIX = 10_000;

function refuseBlocks({ body, type }: Block): void {
  const [inner] = body.blocks;
  if (inner === undefined) return;
  throw failAt(inner.at, `a ${type} has no block ${inner.type}`, `write ${inner.type} = { … }`);
}

function targetOf({ name, block, scope }: Instance): Target {
  refuseBlocks(block);
  const target: Target = { name };
  for (const attribute of block.body.attributes) {
    if (attribute.name === 'matrix' || attribute.name === 'name') continue;
    const key = attributeName(attribute);
    placed(attribute, () => setAttribute(target, key, evaluate(attribute.value, scope)));
  }
  return target;
}

function placed(attribute: SyntaxAttribute, work: () => void): void {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) throw failAt(attribute.value.at, `${attribute.name}: ${error.message}`);
    throw error;
  }
}

const GROUP_ATTRIBUTES = ['description', 'targets'];

function groupOf({ name, block, scope }: Instance): Group {
  refuseBlocks(block);
  const unknown = block.body.attributes.find((attribute) => !GROUP_ATTRIBUTES.includes(attribute.name));
  if (unknown !== undefined)
    throw failAt(unknown.at, `a group has no attribute ${unknown.name}`, 'it has targets and description');
  const targets = find(block, 'targets');
  if (targets === undefined) throw failAt(block.at, `the group ${name} has no targets`);
  const holder: Target = { name };
  const description = find(block, 'description');
  placed(targets, () => setAttribute(holder, 'inherits', evaluate(targets.value, scope)));
  if (description !== undefined) {
    placed(description, () => setAttribute(holder, 'description', evaluate(description.value, scope)));
  }
  return { name, description: holder.description, targets: [...new Set(holder.inherits)] };
}

/** What `target.NAME.ATTRIBUTE` is in an expression. */
function attributeValue({ name, block, scope }: Instance, attribute: string): Value | undefined {
  if (attribute === 'name') return name;
  const found = find(block, attribute);
  return found && evaluate(found.value, scope);
}

function putGroup(groups: Group[], group: Group): void {
  const at = groups.findIndex(({ name }) => name === group.name);
  if (at < 0) groups.push(group);
  else groups[at] = group;
}

function putTarget(targets: Target[], target: Target): void {
  const found = targets.find(({ name }) => name === target.name);
  if (found === undefined) targets.push(target);
  else mergeTarget(found, target);
}
