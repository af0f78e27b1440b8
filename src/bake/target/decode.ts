import type { Attribute as SyntaxAttribute } from '../../../grammar/hcl/index.ts';
import { TsbuildError } from '../../base/error.ts';
import { didYouMean } from '../../base/suggest.ts';
import { failAt, Refusal } from '../fail.ts';
import { convert, toBool, toText } from '../value/convert.ts';
import { nameOf } from '../value/type.ts';
import { Mapping, Sequence, type Value } from '../value/value.ts';
import { type Entry, type EntryKind, makeEntry, parseEntry } from './entry.ts';
import { ATTRIBUTES, type Attribute, type Target } from './target.ts';

/** What targets of the reference have and this version does not. */
const UNSUPPORTED: readonly string[] = ['policy'];

/** The attribute of a target that the syntax names; throws where there is none. */
export function attributeName({ name, at }: SyntaxAttribute): Attribute {
  if (Object.hasOwn(ATTRIBUTES, name)) return name as Attribute;
  if (UNSUPPORTED.includes(name)) {
    const { location, source } = failAt(at, '');
    throw new TsbuildError('UNSUPPORTED', `this version of tsbuild has no ${name} of a target`, { location, source });
  }
  const hint = didYouMean(name, [...Object.keys(ATTRIBUTES), 'matrix', 'name']);
  throw failAt(at, `a target has no attribute ${name}`, hint);
}

/** The target with the attribute set to a value; null sets nothing. Throws a `Refusal` about a value of another kind. */
export function setAttribute(target: Target, name: Attribute, value: Value): void {
  if (value === null) return;
  const fields = target as unknown as Record<Attribute, unknown>;
  switch (ATTRIBUTES[name]) {
    case 'string':
      fields[name] = toText(value);
      return;
    case 'bool':
      fields[name] = toBool(value);
      return;
    case 'strings':
      fields[name] = textsOf(value);
      return;
    case 'map':
    case 'nullable-map':
      fields[name] = mapOf(value, ATTRIBUTES[name] === 'nullable-map');
      return;
    case 'entries':
      fields[name] = entriesOf(name as EntryKind, value);
  }
}

function textsOf(value: Value): string[] {
  const { items } = convert(value, { kind: 'list', of: 'string' }) as Sequence;
  return items.map((item) => {
    if (item === null) throw new Refusal('an element of the list is null');
    return item as string;
  });
}

function mapOf(value: Value, nullable: boolean): Map<string, string | null> {
  const { entries } = convert(value, { kind: 'map', of: 'string' }) as Mapping;
  for (const [key, item] of entries) if (item === null && !nullable) throw new Refusal(`the value of ${key} is null`);
  return new Map(entries as ReadonlyMap<string, string | null>);
}

/** A list of texts and objects, mixed as they come; empty texts and nulls are left out. */
function entriesOf(kind: EntryKind, value: Value): Entry[] {
  if (!(value instanceof Sequence)) throw new Refusal(`a list is required, and this is ${nameOf(value)}`);
  return value.items.flatMap((item) => {
    if (item === null || item === '') return [];
    return item instanceof Mapping ? [entryOf(kind, item)] : parseEntry(kind, toText(item));
  });
}

function entryOf(kind: EntryKind, { entries }: Mapping): Entry {
  const present = [...entries].filter(([, value]) => value !== null);
  if (kind !== 'ssh') return makeEntry(kind, new Map(present.map(([name, value]) => [name, toText(value)])));
  const unknown = present.find(([name]) => name !== 'id' && name !== 'paths');
  if (unknown !== undefined) throw new Refusal(`ssh has no field ${unknown[0]}: its fields are id and paths`);
  const fields = new Map<string, string | string[]>();
  const [id, paths] = [entries.get('id') ?? null, entries.get('paths') ?? null];
  if (id !== null && id !== '') fields.set('id', toText(id));
  if (paths !== null && textsOf(paths).length > 0) fields.set('paths', textsOf(paths));
  return fields;
}
