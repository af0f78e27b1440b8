import { csvFields } from '../../src/base/csv.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { SourceFile, SourceRange } from '../../src/base/source.ts';
import { suggest } from '../../src/base/suggest.ts';
import type { MountField, MountKey, MountSpec, Word } from '../ast.ts';
import { resolveMount } from './resolve.ts';

/** What a field may be called; an alias stands for the key beside it. */
const KEYS: Record<string, MountKey> = {
  type: 'type',
  from: 'from',
  source: 'source',
  src: 'source',
  target: 'target',
  dst: 'target',
  destination: 'target',
  readonly: 'readonly',
  ro: 'readonly',
  readwrite: 'readwrite',
  rw: 'readwrite',
  id: 'id',
  sharing: 'sharing',
  required: 'required',
  size: 'size',
  mode: 'mode',
  uid: 'uid',
  gid: 'gid',
  env: 'env',
};

const WITHOUT_VALUE: ReadonlySet<MountKey> = new Set(['readonly', 'readwrite', 'required']);

/**
 * Splits the value of `--mount` into fields and checks their names. Values wait for expansion; where the mount holds
 * nothing to expand it is checked at once, so that a typing error is told with the other errors of the file.
 */
export function parseMountSpec(
  value: Word,
  source: SourceFile,
): { spec: MountSpec | undefined; errors: TsbuildError[] } {
  const fail = (message: string, location: SourceRange, hint?: string) =>
    new TsbuildError('SYNTAX', message, { location, source, hint });
  const pieces = csvFields(value.text);
  if (pieces === undefined) return { spec: undefined, errors: [fail('a quote in --mount has no end', value.range)] };
  const errors: TsbuildError[] = [];
  const fields: MountField[] = [];
  for (const piece of pieces) {
    const range = partRange(value, source, piece.start, piece.end);
    const field = fieldOf(piece.text, range);
    if ('message' in field) errors.push(fail(field.message, range, field.hint));
    else fields.push(field);
  }
  const spec: MountSpec = { range: value.range, text: value.text, fields, source };
  if (errors.length === 0 && !/[$'"\\`]/.test(value.text)) errors.push(...problemOf(spec));
  return { spec, errors };
}

function fieldOf(text: string, range: SourceRange): MountField | { message: string; hint: string | undefined } {
  const equals = text.indexOf('=');
  const name = (equals === -1 ? text : text.slice(0, equals)).toLowerCase();
  const key = Object.hasOwn(KEYS, name) ? KEYS[name] : undefined;
  if (key === undefined) {
    const near = suggest(name, Object.keys(KEYS));
    return {
      message: `unknown mount option ${JSON.stringify(name)}`,
      hint: near === undefined ? `known options are ${Object.keys(KEYS).join(', ')}` : `did you mean ${near}?`,
    };
  }
  if (equals === -1 && !WITHOUT_VALUE.has(key)) {
    return { message: `the mount option ${JSON.stringify(name)} needs a value`, hint: `write ${name}=…` };
  }
  const value = equals === -1 ? undefined : text.slice(equals + 1);
  if (key === 'from' && value !== undefined && /\$./.test(value)) {
    return {
      message: 'variables are not expanded in the mount option "from"',
      hint: 'declare a stage with `FROM $IMAGE AS name` and mount from that name',
    };
  }
  return { key, value, range };
}

function problemOf(spec: MountSpec): TsbuildError[] {
  try {
    resolveMount(spec, (word) => word);
    return [];
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const { message, hint, location, source } = error;
    return [new TsbuildError('SYNTAX', message, { hint, location, source })];
  }
}

/** The range of a part of a flag's value; the whole value where quotes or continuations moved the offsets. */
function partRange(value: Word, source: SourceFile, start: number, end: number): SourceRange {
  const from = value.range.start;
  if (!source.text.startsWith(value.text, from.offset)) return value.range;
  const at = (offset: number) => ({ line: from.line, column: from.column + offset, offset: from.offset + offset });
  return { start: at(start), end: at(end) };
}
