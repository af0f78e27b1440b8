import { TsbuildError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';

/** `-o`: where the result goes. Paths are as written; `-` is standard output. */
export type Output =
  | { type: 'image'; names: readonly string[]; push: boolean }
  | { type: 'oci' | 'docker'; destination: string; names: readonly string[] }
  | { type: 'tar'; destination: string }
  | { type: 'local'; destination: string };

const TYPES = ['image', 'oci', 'docker', 'tar', 'local'];
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  image: ['name', 'push'],
  oci: ['dest', 'name'],
  docker: ['dest', 'name'],
  tar: ['dest'],
  local: ['dest'],
};

/**
 * Reads one `-o` value: `type=oci,dest=image.tar`, or a path alone, which is a directory (`local`), or `-`, which is
 * a tar on standard output. Fields are separated by commas as in CSV: a value with a comma stands in double quotes.
 */
export function parseOutput(text: string): Output {
  if (!text.includes('='))
    return text === '-' ? { type: 'tar', destination: '-' } : { type: 'local', destination: text };
  const fields = fieldsOf(text);
  const type = fields.get('type');
  if (type === undefined) throw invalid(text, 'the field type is missing');
  const known = FIELDS[type];
  if (known === undefined) {
    const hints = [didYouMean(type, TYPES), `use one of ${TYPES.join(', ')}`];
    throw invalid(text, `unknown type ${JSON.stringify(type)}`, hints.filter(Boolean).join(' '));
  }
  fields.delete('type');
  for (const name of fields.keys()) {
    if (!known.includes(name))
      throw invalid(text, `${name} is not a field of type=${type}`, `its fields are: ${known.join(', ')}`);
  }
  return outputOf(text, type, fields);
}

function outputOf(text: string, type: string, fields: ReadonlyMap<string, string>): Output {
  const names = (fields.get('name') ?? '').split(',').filter((name) => name !== '');
  if (type === 'image') return { type, names, push: isTrue(text, fields.get('push')) };
  const destination = fields.get('dest') ?? (type === 'local' ? undefined : '-');
  if (destination === undefined || destination === '') {
    const hint = type === 'local' ? 'name a directory: type=local,dest=DIR' : `name a file: type=${type},dest=FILE`;
    throw invalid(text, 'the field dest is missing', hint);
  }
  if (type === 'oci' || type === 'docker') return { type, destination, names };
  if (type === 'tar') return { type, destination };
  if (destination === '-') throw invalid(text, 'a directory cannot be written to standard output', 'use type=tar');
  return { type: 'local', destination };
}

function isTrue(text: string, value: string | undefined): boolean {
  if (value === undefined || value === 'false') return false;
  if (value === 'true') return true;
  throw invalid(text, `push is true or false, not ${JSON.stringify(value)}`);
}

function fieldsOf(text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of csvFields(text).map(splitField)) {
    if (fields.has(name)) throw invalid(text, `the field ${name} is given twice`);
    fields.set(name, value);
  }
  return fields;
}

function splitField(field: string): [string, string] {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
}

const CSV_FIELD = /(?:"((?:[^"]|"")*)"|([^",]*))(?:,|$)/y;

/** The fields of an option's value: RFC 4180, one line. */
export function csvFields(text: string, option = 'output'): string[] {
  const fields: string[] = [];
  for (let offset = 0; offset < text.length; offset = CSV_FIELD.lastIndex) {
    CSV_FIELD.lastIndex = offset;
    const match = CSV_FIELD.exec(text);
    if (match === null) {
      throw new TsbuildError('USAGE', `--${option} ${text}: a quote in the middle of a field`, {
        hint: 'write a field with a comma as "dest=a,b"',
      });
    }
    fields.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
  }
  return fields;
}

function invalid(text: string, problem: string, hint?: string): TsbuildError {
  return new TsbuildError('USAGE', `--output ${text}: ${problem}`, { hint });
}
