import type { Json } from '../base/digest.ts';
import { same, valueChange } from './clauses.ts';
import type { Change } from './types.ts';

type Fields = { readonly [field: string]: Json | undefined };

/** What changed of an image's configuration, e.g. a label: the image is another one, and no step is executed. */
export function configChanges(now: Json, before: Json): Change[] {
  const [fields, fieldsBefore] = [fieldsOf(now), fieldsOf(before)];
  return unionOf(fields, fieldsBefore).flatMap((field) => {
    const [value, valueBefore] = [fields[field], fieldsBefore[field]];
    if (same(value, valueBefore)) return [];
    if (field === 'Env') return mapChanges('the environment variable', pairsOf(value), pairsOf(valueBefore));
    if (field === 'Labels') return mapChanges('the label', fieldsOf(value), fieldsOf(valueBefore));
    return [change(field, text(value), text(valueBefore))];
  });
}

function mapChanges(what: string, now: Fields, before: Fields): Change[] {
  return unionOf(now, before)
    .filter((name) => now[name] !== before[name])
    .map((name) => ({ ...change(`${what} ${name}`, text(now[name]), text(before[name])), subject: name }));
}

function change(what: string, now: string | undefined, before: string | undefined): Change {
  return { kind: 'other', subject: what, text: `${what} ${valueChange(now, before)}` };
}

function unionOf(a: Fields, b: Fields): string[] {
  return [...new Set([...Object.keys(a), ...Object.keys(b)])];
}

function fieldsOf(value: Json | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function pairsOf(value: Json | undefined): Fields {
  const pairs = Array.isArray(value) ? (value as string[]) : [];
  return Object.fromEntries(pairs.map((pair) => [pair.split('=', 1)[0] ?? '', pair.slice(pair.indexOf('=') + 1)]));
}

function text(value: Json | undefined): string | undefined {
  return value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
}
