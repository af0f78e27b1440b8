import { csvFields, invalidOption } from '../base/csv-fields.ts';
import type { TsbuildError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';

/** `-o`: where the result goes. Paths are as written; `-` is standard output. */
export type Output =
  | { type: 'image'; names: readonly string[]; push: boolean }
  | { type: 'oci' | 'docker'; destination: string; names: readonly string[] }
  | { type: 'tar'; destination: string }
  | { type: 'local'; destination: string };

const OPTION = '--output';
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
  const fields = csvFields(OPTION, text);
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

function invalid(text: string, problem: string, hint?: string): TsbuildError {
  return invalidOption(OPTION, text, problem, hint);
}
