import type { Attribute, Block, Body, Expression, Label, Place, TemplatePart } from './ast.ts';
import { Problem } from './problem.ts';

/** Which keys of an object are blocks: how many labels one has, and the blocks in it. */
export interface Schema {
  readonly [type: string]: { labels: number; blocks?: Schema };
}

type Templates = (text: string, at: Place) => TemplatePart[];

/**
 * Reads a JSON value as the body that HCL's JSON syntax means by it (hashicorp/hcl, json/spec.md): a block is an
 * object with its labels as keys, or a list of such objects. Throws a `Problem`.
 */
export function readJsonBody(value: Expression, schema: Schema, templates: Templates): Body {
  const body: Body = { attributes: [], blocks: [], at: value.at };
  for (const { name, value: inner, at } of members(value)) {
    const block = schema[name];
    if (name === '//') continue;
    if (block === undefined) body.attributes.push({ name, value: withTemplates(inner, templates), at });
    else body.blocks.push(...blocksOf({ name, value: inner, at }, block, [], templates));
  }
  return body;
}

function* blocksOf(
  { name, value, at }: Attribute,
  schema: Schema[string],
  labels: readonly Label[],
  templates: Templates,
): Generator<Block> {
  if (value.kind === 'tuple') {
    for (const item of value.items) yield* blocksOf({ name, value: item, at }, schema, labels, templates);
  } else if (labels.length < schema.labels) {
    for (const member of members(value)) {
      const label = { text: member.name, at: member.at };
      yield* blocksOf({ name, value: member.value, at: member.at }, schema, [...labels, label], templates);
    }
  } else {
    yield { type: name, labels: [...labels], body: readJsonBody(value, schema.blocks ?? {}, templates), at };
  }
}

/** The members of an object; a key that comes twice is there twice. */
function* members(value: Expression): Generator<Attribute> {
  if (value.kind !== 'object') throw new Problem('this must be an object: { … }', value.at);
  for (const { key, value: inner } of value.items) yield { name: plainText(key), value: inner, at: key.at };
}

function plainText(key: Expression): string {
  if (key.kind !== 'template') return '';
  return key.parts.map((part) => (part.kind === 'text' ? part.text : '')).join('');
}

/** The same value with every string read as a template. */
function withTemplates(value: Expression, templates: Templates): Expression {
  if (value.kind === 'template') return { ...value, parts: templates(plainText(value), value.at) };
  if (value.kind === 'tuple') return { ...value, items: value.items.map((item) => withTemplates(item, templates)) };
  if (value.kind !== 'object') return value;
  const items = value.items.map((item) => ({
    key: withTemplates(item.key, templates),
    value: withTemplates(item.value, templates),
  }));
  return { ...value, items };
}
