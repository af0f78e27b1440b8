import { Refusal } from '../fail.ts';
import { Num } from '../value/number.ts';
import { list, Mapping, object, Sequence, tuple, type Value } from '../value/value.ts';
import { anyOrNull, define, type Functions, text } from './signature.ts';

function decodeBase64(encoded: string): string {
  const bytes = Buffer.from(encoded, 'base64');
  if (bytes.toString('base64') !== encoded) throw new Refusal('this is not base64');
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    if (cause instanceof TypeError) throw new Refusal('what it decodes to is not a text in UTF-8');
    throw cause;
  }
}

/** Escapes as Go's url.QueryEscape: all but letters, digits and `-_.~`, and a blank is `+`. */
function urlEncode(value: string): string {
  const escaped = (character: string): string => `%${character.charCodeAt(0).toString(16).toUpperCase()}`;
  return encodeURIComponent(value)
    .replace(/[!'()*]/g, escaped)
    .replaceAll('%20', '+');
}

/** Escapes as Go's encoding/json, which also makes the text safe within HTML. */
export function jsonText(value: string): string {
  const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  return JSON.stringify(value)
    .replace(/[<>&\u2028\u2029]/g, escaped)
    .replaceAll('\\b', '\\u0008')
    .replaceAll('\\f', '\\u000c');
}

export function encodeJson(value: Value): string {
  if (value instanceof Sequence) return `[${value.items.map(encodeJson).join(',')}]`;
  if (value instanceof Mapping) {
    return `{${[...value.entries].map(([key, item]) => `${jsonText(key)}:${encodeJson(item)}`).join(',')}}`;
  }
  return typeof value === 'string' ? jsonText(value) : String(value);
}

/** The value that a JSON text describes; numbers keep all of their digits. */
export function decodeJson(written: string): Value {
  try {
    // Numbers become texts with a mark before them: JavaScript's own would lose digits.
    const marked = written.replace(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (found) =>
      found.startsWith('"') ? `"s${found.slice(1)}` : `"n${found}"`,
    );
    JSON.parse(written);
    return valueOfJson(JSON.parse(marked));
  } catch (cause) {
    if (cause instanceof SyntaxError) throw new Refusal(`this is not JSON: ${cause.message}`);
    throw cause;
  }
}

function valueOfJson(parsed: unknown): Value {
  if (typeof parsed === 'string')
    return parsed.startsWith('n') ? (Num.parse(parsed.slice(1)) ?? null) : parsed.slice(1);
  if (Array.isArray(parsed)) return tuple(parsed.map(valueOfJson));
  if (typeof parsed !== 'object' || parsed === null) return parsed as boolean | null;
  return object(Object.entries(parsed).map(([key, item]) => [key.slice(1), valueOfJson(item)] as const));
}

const CSV_FIELD = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r?\n|$)/y;

/** The rows of a table in CSV (RFC 4180). */
function csvRows(table: string): string[][] {
  const rows: string[][] = [];
  let row: string[] = [];
  for (let offset = 0; offset < table.length || row.length > 0; offset = CSV_FIELD.lastIndex) {
    CSV_FIELD.lastIndex = offset;
    const match = CSV_FIELD.exec(table);
    if (match === null) throw new Refusal(`a quote in the middle of a field, in row ${rows.length + 1}`);
    row.push(match[1]?.replaceAll('""', '"') ?? match[2] ?? '');
    if (match[3] === ',') continue;
    if (row.length > 1 || row[0] !== '') rows.push(row);
    row = [];
    if (match[3] === '') break;
  }
  return rows;
}

/** One object for each row, with the fields of the first row as names. */
function decodeCsv(table: string): Value {
  const [header, ...rows] = csvRows(table);
  if (header === undefined) throw new Refusal('the first row, with the names of the columns, is missing');
  if (new Set(header).size < header.length) throw new Refusal('two columns have the same name');
  return list(
    rows.map((row, at) => {
      if (row.length !== header.length)
        throw new Refusal(`row ${at + 2} has ${row.length} fields, not ${header.length}`);
      return object(header.map((name, column) => [name, row[column] as string] as const));
    }),
  );
}

export const ENCODING: Functions = {
  base64decode: define([text('str')], decodeBase64),
  base64encode: define([text('str')], (value: string) => Buffer.from(value).toString('base64')),
  csvdecode: define([text('str')], decodeCsv),
  jsondecode: define([text('str')], decodeJson),
  jsonencode: define([anyOrNull('val')], encodeJson),
  urlencode: define([text('str')], urlEncode),
};
