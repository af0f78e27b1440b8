import { TsbuildError } from '../../src/base/error.ts';
import type { SourceRange } from '../../src/base/source.ts';
import type { CacheSharing, Mount, MountKey, MountSpec } from '../ast.ts';
import { MountValue } from './value.ts';

type MountType = Mount['type'];

const TYPES: readonly MountType[] = ['bind', 'cache', 'tmpfs', 'secret', 'ssh'];
const SHARING: readonly CacheSharing[] = ['shared', 'private', 'locked'];

/** Options that only some types understand; the reference refuses these elsewhere, and ignores the others. */
const ONLY_IN: Partial<Record<MountKey, readonly MountType[]>> = {
  mode: ['cache', 'secret', 'ssh'],
  uid: ['cache', 'secret', 'ssh'],
  gid: ['cache', 'secret', 'ssh'],
  sharing: ['cache'],
  size: ['tmpfs'],
  required: ['secret', 'ssh'],
  from: ['bind', 'cache', 'tmpfs', 'ssh'],
};

/**
 * Expands and checks a mount. `expandWord` gives a word's value; it is called for every value but that of `from`.
 * What is wrong is an INVALID error that points at the option. Defaults: type bind; read-only except cache and tmpfs.
 */
export function resolveMount(spec: MountSpec, expandWord: (word: string) => string): Mount {
  const values = expandFields(spec, expandWord);
  const type = values.get('type')?.oneOf(TYPES) ?? 'bind';
  for (const [key, value] of values) {
    if (ONLY_IN[key]?.includes(type) !== false) continue;
    throw fail(spec, `the option ${JSON.stringify(key)} means nothing in a mount of type ${type}`, value.range);
  }
  const base = {
    target: values.get('target')?.text || undefined,
    readonly: readonlyOf(values, type),
    range: spec.range,
  };
  switch (type) {
    case 'bind':
      return { type, ...needTarget(spec, type, base), ...originOf(values) };
    case 'tmpfs':
      return { type, ...needTarget(spec, type, base), size: values.get('size')?.size() };
    case 'cache': {
      const sharing = values.get('sharing')?.oneOf(SHARING) ?? 'shared';
      return {
        type,
        ...needTarget(spec, type, base),
        ...originOf(values),
        id: idOf(values),
        sharing,
        ...ownerOf(values),
      };
    }
    case 'secret':
      return { type, ...base, ...secretOf(spec, values, base.target), ...ownerOf(values) };
    case 'ssh':
      return { type, ...base, id: idOf(values), required: requiredOf(values), ...ownerOf(values) };
  }
}

type Values = ReadonlyMap<MountKey, MountValue>;

/** A later field of the same name wins; of `readonly` and `readwrite` the later one counts. */
function expandFields(spec: MountSpec, expandWord: (word: string) => string): Map<MountKey, MountValue> {
  const values = new Map<MountKey, MountValue>();
  for (const { key, value, range } of spec.fields) {
    if (key === 'readonly') values.delete('readwrite');
    if (key === 'readwrite') values.delete('readonly');
    values.set(key, new MountValue(key, expandField(spec, key, value, range, expandWord), range, spec.source));
  }
  return values;
}

function expandField(
  spec: MountSpec,
  key: MountKey,
  value: string | undefined,
  range: SourceRange,
  expandWord: (word: string) => string,
): string {
  if (value === undefined) return 'true';
  if (key === 'from') return value;
  try {
    return expandWord(value);
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(range, spec.source) : error;
  }
}

function readonlyOf(values: Values, type: MountType): boolean {
  const readwrite = values.get('readwrite');
  if (readwrite !== undefined) return !readwrite.boolean();
  return values.get('readonly')?.boolean() ?? (type !== 'cache' && type !== 'tmpfs');
}

function needTarget<Base extends { target: string | undefined }>(spec: MountSpec, type: MountType, base: Base): Base {
  if (base.target !== undefined) return base;
  throw fail(spec, `a mount of type ${type} needs a target`, spec.range, 'add target=/path');
}

function originOf(values: Values) {
  return { from: values.get('from')?.text || undefined, source: values.get('source')?.text || undefined };
}

function ownerOf(values: Values) {
  return { mode: values.get('mode')?.octal(), uid: values.get('uid')?.id(), gid: values.get('gid')?.id() };
}

function idOf(values: Values): string | undefined {
  return values.get('id')?.text || undefined;
}

function requiredOf(values: Values): boolean {
  return values.get('required')?.boolean() ?? false;
}

/** `source` is an older name of `id`; without either the base name of the target names the secret. */
function secretOf(spec: MountSpec, values: Values, target: string | undefined) {
  const source = values.get('source');
  const id = idOf(values);
  if (source !== undefined && id !== undefined) {
    throw fail(spec, 'a secret mount takes either id or source', source.range);
  }
  const name = id ?? (source?.text || undefined);
  if (name === undefined && target === undefined) {
    throw fail(spec, 'a secret mount needs an id or a target', spec.range, 'add id=NAME');
  }
  return { id: name, env: values.get('env')?.text || undefined, required: requiredOf(values) };
}

function fail(spec: MountSpec, message: string, location: SourceRange, hint?: string): TsbuildError {
  return new TsbuildError('INVALID', message, { hint, location, source: spec.source });
}
