import type { TsbuildError } from '../base/error.ts';
import { invalidOption, optionFields, truthOf } from '../base/option-fields.ts';
import { didYouMean } from '../base/suggest.ts';
import { compressionFields, compressionFrom } from './compression.ts';
import type { ImageForm } from './form.ts';

/** `-o`: where the result goes. Paths are as written; `-` is standard output. */
export type Output =
  | (ImageOutput & { type: 'image'; push: boolean; byDigest?: true; canonical?: true })
  | (ImageOutput & { type: 'oci' | 'docker'; destination: string; directory?: true })
  | (FilesOutput & { type: 'tar' })
  | (FilesOutput & { type: 'local'; remove?: true });

interface ImageOutput {
  names: readonly string[];
  /** As it is without, where absent. */
  form?: ImageForm;
  annotations?: Annotations;
}

interface FilesOutput {
  destination: string;
  /** Whether each platform gets a directory; by their number where absent. */
  platformSplit?: boolean;
}

/** Of each manifest, and of the index where there is one. */
export interface Annotations {
  manifest: Readonly<Record<string, string>>;
  index: Readonly<Record<string, string>>;
}

const OPTION = '--output';
const FORM_FIELDS = [...compressionFields, 'oci-mediatypes', 'rewrite-timestamp'];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  image: ['name', 'push', 'push-by-digest', 'name-canonical', ...FORM_FIELDS],
  registry: ['name', 'push-by-digest', 'name-canonical', ...FORM_FIELDS],
  oci: ['dest', 'name', 'tar', ...FORM_FIELDS],
  docker: ['dest', 'name', 'tar', ...FORM_FIELDS],
  tar: ['dest', 'platform-split'],
  local: ['dest', 'mode', 'platform-split'],
};
const TYPES = Object.keys(FIELDS);
/** In the place of `KEY` stands the key of an annotation. */
const ANNOTATION = /^annotation(?:-(manifest|index))?[.](.+)$/;

/**
 * Reads one `-o` value: `type=oci,dest=image.tar`, or a path alone, which is a directory (`local`), or `-`, which is
 * a tar on standard output. Fields are separated by commas as in CSV: a value with a comma stands in double quotes.
 */
export function parseOutput(text: string): Output {
  if (!text.includes('='))
    return text === '-' ? { type: 'tar', destination: '-' } : { type: 'local', destination: text };
  const fields = optionFields(OPTION, text);
  const type = fields.get('type');
  if (type === undefined) throw invalid(text, 'the field type is missing');
  const known = Object.hasOwn(FIELDS, type) ? FIELDS[type] : undefined;
  if (known === undefined) {
    const hints = [didYouMean(type, TYPES), `use one of ${TYPES.join(', ')}`];
    throw invalid(text, `unknown type ${JSON.stringify(type)}`, hints.filter(Boolean).join(' '));
  }
  fields.delete('type');
  for (const name of fields.keys()) {
    const isAnnotation = known.includes('name') && ANNOTATION.test(name);
    if (!known.includes(name) && !isAnnotation)
      throw invalid(text, `${name} is not a field of type=${type}`, `its fields are: ${known.join(', ')}`);
  }
  return outputOf(text, type, fields);
}

function outputOf(text: string, type: string, fields: ReadonlyMap<string, string>): Output {
  const isTrue = (name: string) => truthOf(OPTION, text, name, fields.get(name));
  if (type === 'image' || type === 'registry') {
    const [byDigest, canonical] = [isTrue('push-by-digest'), isTrue('name-canonical')];
    return {
      type: 'image',
      ...imageOf(text, fields),
      push: type === 'registry' || isTrue('push') === true,
      ...(byDigest && { byDigest }),
      ...(canonical && { canonical }),
    };
  }
  const destination = fields.get('dest') ?? (type === 'local' ? undefined : '-');
  if (destination === undefined || destination === '') {
    const hint = type === 'local' ? 'name a directory: type=local,dest=DIR' : `name a file: type=${type},dest=FILE`;
    throw invalid(text, 'the field dest is missing', hint);
  }
  const isDirectory = type === 'local' || isTrue('tar') === false;
  if (isDirectory && destination === '-') {
    throw invalid(
      text,
      'a directory cannot be written to standard output',
      type === 'local' ? 'use type=tar' : 'leave tar=false out',
    );
  }
  if (type === 'oci' || type === 'docker') {
    return { type, destination, ...imageOf(text, fields), ...(isDirectory && { directory: true }) };
  }
  const platformSplit = isTrue('platform-split');
  const split = platformSplit === undefined ? {} : { platformSplit };
  if (type === 'tar') return { type, destination, ...split };
  const mode = fields.get('mode') ?? 'copy';
  if (mode !== 'copy' && mode !== 'delete') throw invalid(text, `mode is copy or delete, not ${JSON.stringify(mode)}`);
  return { type: 'local', destination, ...split, ...(mode === 'delete' && { remove: true }) };
}

function imageOf(text: string, fields: ReadonlyMap<string, string>): ImageOutput {
  const names = (fields.get('name') ?? '').split(',').filter((name) => name !== '');
  const dockerTypes = truthOf(OPTION, text, 'oci-mediatypes', fields.get('oci-mediatypes')) === false;
  const annotations = annotationsIn(fields);
  if (dockerTypes && annotations !== undefined) throw invalid(text, 'annotations need oci-mediatypes=true');
  if (truthOf(OPTION, text, 'rewrite-timestamp', fields.get('rewrite-timestamp')) === false) {
    throw invalid(
      text,
      'rewrite-timestamp=false is not supported',
      'leave SOURCE_DATE_EPOCH out: without it files keep their times',
    );
  }
  const isPlain = !dockerTypes && compressionFields.every((name) => !fields.has(name));
  const compression = compressionFrom(OPTION, text, fields);
  if (dockerTypes && compression.type === 'zstd') throw invalid(text, 'zstd needs oci-mediatypes=true');
  return { names, ...(!isPlain && { form: { compression, dockerTypes } }), ...(annotations && { annotations }) };
}

function annotationsIn(fields: ReadonlyMap<string, string>): Annotations | undefined {
  const annotations: Record<'manifest' | 'index', Record<string, string>> = { manifest: {}, index: {} };
  for (const [name, value] of fields) {
    const [, place = 'manifest', key] = ANNOTATION.exec(name) ?? [];
    if (key !== undefined) annotations[place as 'manifest' | 'index'][key] = value;
  }
  return Object.keys({ ...annotations.manifest, ...annotations.index }).length === 0 ? undefined : annotations;
}

function invalid(text: string, problem: string, hint?: string): TsbuildError {
  return invalidOption(OPTION, text, problem, hint);
}
