import { csvFields } from './csv.ts';
import { TsbuildError } from './error.ts';

/**
 * The fields of an option like `type=oci,dest=image.tar`, by their names in lower case. They are separated by commas as
 * in CSV: a value with a comma stands in double quotes. `option` begins the message of an error.
 */
export function optionFields(option: string, text: string): Map<string, string> {
  const fields = new Map<string, string>();
  for (const [name, value] of optionParts(option, text).map(splitField)) {
    if (fields.has(name)) throw invalidOption(option, text, `the field ${name} is given twice`);
    fields.set(name, value);
  }
  return fields;
}

export function invalidOption(option: string, text: string, problem: string, hint?: string): TsbuildError {
  return new TsbuildError('USAGE', `${option} ${text}: ${problem}`, { hint });
}

/** What Go reads as a truth value, which is what docker's options are. */
export function truthOf(option: string, text: string, name: string, value: string | undefined): boolean | undefined {
  if (value === undefined) return undefined;
  if (/^(1|t|true)$/i.test(value)) return true;
  if (/^(0|f|false)$/i.test(value)) return false;
  throw invalidOption(option, text, `${name} is true or false, not ${JSON.stringify(value)}`);
}

function splitField(field: string): [string, string] {
  const equals = field.indexOf('=');
  return equals < 0 ? [field, ''] : [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
}

/** The fields of an option's value as they are written. */
export function optionParts(option: string, text: string): string[] {
  const fields = csvFields(text)?.map((field) => field.text);
  if (fields === undefined) {
    throw invalidOption(option, text, 'a quote in the middle of a field', 'write a field with a comma as "dest=a,b"');
  }
  if (fields.includes('')) throw invalidOption(option, text, 'a field is empty', 'leave out the comma beside it');
  return fields;
}
