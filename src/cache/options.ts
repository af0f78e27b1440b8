import { resolve } from 'node:path';
import type { TsbuildError } from '../base/error.ts';
import { invalidOption, optionFields, truthOf } from '../base/option-fields.ts';
import { didYouMean } from '../base/suggest.ts';
import { type Compression, compressionFields, compressionFrom } from '../export/compression.ts';
import { formatReference, parseReference } from '../oci/reference.ts';

/** `--cache-from`: where another build may have left its records. */
export type CacheFrom =
  /** A cache, or an image with one inside, by its full name. */
  | { type: 'registry'; reference: string }
  /** An OCI layout, by its absolute path. */
  | { type: 'local'; directory: string; tag: string; digest: string | undefined };

/** Which records: those of the result (`min`), or of every step (`max`). */
export type CacheMode = 'min' | 'max';

/** `--cache-to`: where the records of this build go. */
export type CacheTo =
  | { type: 'inline' }
  | (CacheExport & { type: 'registry'; reference: string })
  | (CacheExport & { type: 'local'; directory: string; tag: string });

export interface CacheExport {
  mode: CacheMode;
  compression: Compression;
  /** The cache mounts of the steps go along. */
  mounts: boolean;
  /** What goes wrong is a warning. */
  ignoreError: boolean;
}

const FROM = '--cache-from';
const TO = '--cache-to';
const FROM_FIELDS: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref'],
  local: ['src', 'tag', 'digest'],
};
const EXPORT_FIELDS = ['mode', 'mounts', 'ignore-error', 'oci-mediatypes', 'image-manifest', ...compressionFields];
const TO_FIELDS: Readonly<Record<string, readonly string[]>> = {
  registry: ['ref', ...EXPORT_FIELDS],
  inline: [],
  local: ['dest', 'tag', ...EXPORT_FIELDS],
};
const DEFAULT_TAG = 'latest';

/** Reads one value: `type=registry,ref=NAME`, `type=local,src=DIR`, or the name of an image alone, as docker does. */
export function parseCacheFrom(text: string): CacheFrom {
  if (!text.includes('=')) return { type: 'registry', reference: formatReference(parseReference(text)) };
  const { type, fields } = typed(FROM, text, FROM_FIELDS);
  if (type === 'registry') return { type, reference: referenceIn(FROM, text, fields) };
  const directory = needed(FROM, text, fields, 'src');
  return { type: 'local', directory, tag: fields.get('tag') ?? DEFAULT_TAG, digest: fields.get('digest') };
}

/** Reads one value: `type=registry,ref=NAME,mode=max`, `type=local,dest=DIR`, `type=inline`, or a name alone. */
export function parseCacheTo(text: string): CacheTo {
  const { type, fields } = typed(TO, text.includes('=') ? text : `type=registry,ref=${text}`, TO_FIELDS);
  if (type === 'inline') return { type };
  const common = exportOf(text, fields);
  if (type === 'registry') return { type, reference: referenceIn(TO, text, fields), ...common };
  return {
    type: 'local',
    directory: needed(TO, text, fields, 'dest'),
    tag: fields.get('tag') ?? DEFAULT_TAG,
    ...common,
  };
}

function exportOf(text: string, fields: ReadonlyMap<string, string>): CacheExport {
  const mode = fields.get('mode') ?? 'min';
  if (mode !== 'min' && mode !== 'max')
    throw invalidOption(TO, text, `mode is min or max, not ${JSON.stringify(mode)}`);
  for (const name of ['oci-mediatypes', 'image-manifest']) {
    if (truthOf(TO, text, name, fields.get(name)) === false) {
      throw invalidOption(TO, text, `${name}=false is not supported`, 'leave it out: a cache is an OCI image manifest');
    }
  }
  const ignoreError = truthOf(TO, text, 'ignore-error', fields.get('ignore-error')) ?? false;
  const mounts = truthOf(TO, text, 'mounts', fields.get('mounts')) ?? false;
  return { mode, mounts, ignoreError, compression: compressionFrom(TO, text, fields) };
}

function typed(option: string, text: string, known: Readonly<Record<string, readonly string[]>>) {
  const fields = optionFields(option, text);
  const type = fields.get('type') ?? 'registry';
  const names = Object.hasOwn(known, type) ? known[type] : undefined;
  if (names === undefined) throw unknownType(option, text, type, Object.keys(known));
  fields.delete('type');
  const unknown = [...fields.keys()].find((name) => !names.includes(name));
  if (unknown === undefined) return { type: type as 'registry' | 'local' | 'inline', fields };
  throw invalidOption(option, text, `${unknown} is not a field of type=${type}`, `its fields are: ${names.join(', ')}`);
}

function unknownType(option: string, text: string, type: string, known: readonly string[]): TsbuildError {
  const hints = [didYouMean(type, known), `use one of ${known.join(', ')}`];
  return invalidOption(option, text, `unknown type ${JSON.stringify(type)}`, hints.filter(Boolean).join(' '));
}

function referenceIn(option: string, text: string, fields: ReadonlyMap<string, string>): string {
  const ref = fields.get('ref');
  if (ref === undefined || ref === '')
    throw invalidOption(option, text, 'the field ref is missing', 'name it: ref=REGISTRY/NAME:TAG');
  const reference = parseReference(ref);
  if (option === TO && reference.digest !== undefined) throw invalidOption(option, text, 'ref cannot have a digest');
  return formatReference(reference);
}

function needed(option: string, text: string, fields: ReadonlyMap<string, string>, name: string): string {
  const value = fields.get(name);
  if (value !== undefined && value !== '') return resolve(value);
  throw invalidOption(option, text, `the field ${name} is missing`, `name a directory: ${name}=DIR`);
}
