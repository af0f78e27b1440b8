import { Refusal } from '../fail.ts';

type Lookup = (name: string) => string | undefined;

const NAME = /[A-Za-z_][A-Za-z0-9_]*/y;
const OPERATOR = /:?[-?+]/y;

/**
 * Puts the values of variables into a text of a compose file: `$NAME`, `${NAME}`, `${NAME:-default}`,
 * `${NAME:?message}`, `${NAME:+value}`, each without the colon where an empty value counts; `$$` is a dollar sign.
 */
export function interpolate(text: string, lookup: Lookup): string {
  const reader = { text, at: 0 };
  return readUntil(reader, undefined, lookup);
}

interface Reader {
  text: string;
  at: number;
}

/** Reads to the end, or to the brace that ends a default. */
function readUntil(reader: Reader, end: string | undefined, lookup: Lookup): string {
  let result = '';
  for (; reader.at < reader.text.length; ) {
    const character = reader.text.charAt(reader.at);
    if (character === end) return result;
    if (character !== '$') {
      result += character;
      reader.at++;
    } else result += readVariable(reader, lookup);
  }
  if (end !== undefined) throw new Refusal(`a \${ in ${JSON.stringify(reader.text)} has no end`);
  return result;
}

function take(reader: Reader, pattern: RegExp): string | undefined {
  pattern.lastIndex = reader.at;
  const found = pattern.exec(reader.text)?.[0];
  reader.at += found?.length ?? 0;
  return found;
}

function readVariable(reader: Reader, lookup: Lookup): string {
  reader.at++;
  if (reader.text[reader.at] === '$') {
    reader.at++;
    return '$';
  }
  const braced = reader.text[reader.at] === '{';
  if (braced) reader.at++;
  const name = take(reader, NAME);
  if (name === undefined) {
    if (!braced) return '$';
    throw new Refusal(`${JSON.stringify(reader.text)} has a \${ without a name: $$ is a dollar sign`);
  }
  if (!braced) return lookup(name) ?? '';
  const operator = take(reader, OPERATOR);
  const word = operator === undefined ? '' : readUntil(reader, '}', lookup);
  if (reader.text[reader.at] !== '}') throw new Refusal(`\${${name} in ${JSON.stringify(reader.text)} has no end`);
  reader.at++;
  return substitute(name, operator, word, lookup(name));
}

function substitute(name: string, operator: string | undefined, word: string, value: string | undefined): string {
  const isSet = value !== undefined && !(operator?.startsWith(':') && value === '');
  if (operator?.endsWith('-')) return isSet ? value : word;
  if (operator?.endsWith('+')) return isSet ? word : '';
  if (operator?.endsWith('?') && !isSet) throw new Refusal(word === '' ? `${name} is not set` : `${name}: ${word}`);
  return value ?? '';
}
