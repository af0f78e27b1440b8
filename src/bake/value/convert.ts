import { Refusal } from '../fail.ts';
import { Num } from './number.ts';
import { isPrimitive, nameOf, type Type, typeOf, typeText } from './type.ts';
import { list, Mapping, Sequence, set, tuple, type Value } from './value.ts';

/** The value as one of the type; throws a `Refusal` where it has no meaning in it. Null is of every type. */
export function convert(value: Value, type: Type): Value {
  if (value === null || type === 'any') return value;
  if (type === 'string') return toText(value);
  if (type === 'number') return toNumber(value);
  if (type === 'bool') return toBool(value);
  if (type.kind === 'map') return toMap(value, type.of);
  if (type.kind === 'object') return toObject(value, type.attributes);
  if (!(value instanceof Sequence)) throw refusal(value, type);
  if (type.kind === 'tuple') return toTuple(value, type.items);
  const items = type.of === 'any' ? unify(value.items) : value.items.map((item) => convert(item, type.of));
  if (items === undefined) throw new Refusal('all elements must have the same type');
  return type.kind === 'set' ? set(items) : list(items);
}

function refusal(value: Value, type: Type): Refusal {
  const names = { string: 'a string', number: 'a number', bool: 'true or false' };
  const wanted = isPrimitive(type) ? names[type] : typeText(type);
  return new Refusal(`${wanted} is required, and this is ${nameOf(value)}`);
}

export function toText(value: Value): string {
  if (typeof value === 'string') return value;
  if (value instanceof Num || typeof value === 'boolean') return String(value);
  throw refusal(value, 'string');
}

export function toNumber(value: Value): Num {
  if (value instanceof Num) return value;
  const number = typeof value === 'string' ? Num.parse(value) : undefined;
  if (number !== undefined) return number;
  throw typeof value === 'string'
    ? new Refusal(`a number is required, not ${JSON.stringify(value)}`)
    : refusal(value, 'number');
}

export function toBool(value: Value): boolean {
  if (typeof value === 'boolean') return value;
  if (value === 'true' || value === '1') return true;
  if (value === 'false' || value === '0') return false;
  throw typeof value === 'string'
    ? new Refusal(`true or false is required, not ${JSON.stringify(value)}`)
    : refusal(value, 'bool');
}

function toMap(value: Value, of: Type): Mapping {
  if (!(value instanceof Mapping)) throw refusal(value, { kind: 'map', of });
  const keys = [...value.entries.keys()];
  const values = [...value.entries.values()];
  const items = of === 'any' ? unify(values) : values.map((item) => convert(item, of));
  if (items === undefined) throw new Refusal('all elements of a map must have the same type');
  return new Mapping(
    'map',
    keys.map((key, index) => [key, items[index] as Value] as const),
  );
}

function toObject(value: Value, attributes: ReadonlyMap<string, { type: Type; optional: boolean }>): Mapping {
  if (!(value instanceof Mapping)) throw refusal(value, { kind: 'object', attributes });
  const entries = [...attributes].map(([name, { type, optional }]) => {
    const item = value.entries.get(name);
    if (item === undefined && !optional) throw new Refusal(`the attribute ${JSON.stringify(name)} is required`);
    return [name, item === undefined ? null : convert(item, type)] as const;
  });
  return new Mapping('object', entries);
}

function toTuple(value: Sequence, types: readonly Type[]): Sequence {
  if (value.items.length !== types.length) {
    throw new Refusal(`a tuple of ${types.length} elements is required, and this has ${value.items.length}`);
  }
  return tuple(value.items.map((item, index) => convert(item, types[index] as Type)));
}

/** The values as ones of one type: numbers and bools beside texts become texts. Undefined where there is none. */
export function unify(values: readonly Value[]): Value[] | undefined {
  const types = new Set(values.filter((value) => value !== null).map((value) => typeOf(value)));
  if ([...types].every(isPrimitive)) {
    if (types.size <= 1) return [...values];
    if (!types.has('string')) return undefined;
    return values.map((value) => (value === null ? null : toText(value)));
  }
  const all = values.filter((value) => value !== null);
  if (all.every((value) => value instanceof Sequence) || all.every((value) => value instanceof Mapping))
    return [...values];
  return undefined;
}
