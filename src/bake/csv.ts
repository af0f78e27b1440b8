import { csvFields } from '../base/csv.ts';
import { Refusal } from './fail.ts';

/** The fields of a line of CSV. Throws a `Refusal`. */
export function csvTexts(line: string): string[] {
  const fields = csvFields(line);
  if (fields !== undefined) return fields.map(({ text }) => text);
  throw new Refusal('a quote in the middle of a field: write a field with a comma as "dest=a,b"');
}
