import { homedir } from 'node:os';
import { posix } from 'node:path';
import { Refusal } from '../fail.ts';
import type { Num } from '../value/number.ts';
import { compareText, list, num, type Sequence, type Value } from '../value/value.ts';
import { define, type Functions, number, text, texts } from './signature.ts';

const graphemes = (value: string): string[] =>
  Array.from(new Intl.Segmenter('en').segment(value), ({ segment }) => segment);

/** A negative offset counts from the end; a length of -1 takes the rest. */
function substring(value: string, offset: Num, length: Num): string {
  const letters = graphemes(value);
  const from = offset.toInteger('the offset');
  const count = length.toInteger('the length');
  const start = from < 0 ? Math.max(0, letters.length + from) : from;
  return letters.slice(start, count < 0 ? undefined : start + count).join('');
}

/** A letter behind anything that is neither a letter, a digit, `_` nor `'` begins a word. */
function title(value: string): string {
  return value.replace(/(?<![\p{L}\p{N}_'])\p{L}/gu, (letter) => letter.toUpperCase());
}

function trimCharacters(value: string, cutset: string): string {
  const characters = [...value];
  const cut = new Set(cutset);
  let start = 0;
  let end = characters.length;
  while (start < end && cut.has(characters[start] as string)) start++;
  while (end > start && cut.has(characters[end - 1] as string)) end--;
  return characters.slice(start, end).join('');
}

function indent(spaces: Num, value: string): string {
  const count = spaces.toInteger('the number of spaces');
  if (count < 0 || count > 1000) throw new Refusal('the number of spaces must be 0 to 1000');
  return value.replaceAll('\n', `\n${' '.repeat(count)}`);
}

function join(separator: string, ...lists: Sequence[]): string {
  return lists.flatMap(({ items }) => items.map(notNull)).join(separator);
}

function notNull(item: Value): Value {
  if (item === null) throw new Refusal('an element is null');
  return item;
}

function split(separator: string, value: string): Value {
  return list(separator === '' ? [...value] : value.split(separator));
}

/** As Go's path.Base and path.Dir. */
const baseName = (path: string): string => (path === '' ? '.' : posix.basename(path) || '/');
const directoryName = (path: string): string =>
  posix.normalize(/^(.*\/)?[^/]*$/s.exec(path)?.[1] ?? '.').replace(/(?!^)\/$/, '');

const ONE = [text('str')];

export const STRINGS: Functions = {
  basename: define([text('path')], baseName),
  chomp: define(ONE, (value: string) => value.replace(/[\r\n]+$/, '')),
  dirname: define([text('path')], directoryName),
  homedir: define([], () => homedir()),
  indent: define([number('spaces'), text('str')], indent),
  join: define([text('separator'), texts('list')], join, texts('lists')),
  lower: define(ONE, (value: string) => value.toLowerCase()),
  replace: define([text('str'), text('substr'), text('replace')], (value: string, part: string, by: string) =>
    value.replaceAll(part, () => by),
  ),
  reverse: define(ONE, (value: string) => graphemes(value).reverse().join('')),
  sanitize: define([text('name')], (name: string) => [...name].map((c) => (/[\w-]/.test(c) ? c : '_')).join('')),
  sort: define([texts('list')], ({ items }: Sequence) => list([...(items.map(notNull) as string[])].sort(compareText))),
  split: define([text('separator'), text('str')], split),
  strlen: define(ONE, (value: string) => num(graphemes(value).length)),
  substr: define([text('str'), number('offset'), number('length')], substring),
  title: define(ONE, title),
  trim: define([text('str'), text('cutset')], trimCharacters),
  trimprefix: define([text('str'), text('prefix')], (value: string, prefix: string) =>
    value.startsWith(prefix) ? value.slice(prefix.length) : value,
  ),
  trimspace: define(ONE, (value: string) => value.trim()),
  trimsuffix: define([text('str'), text('suffix')], (value: string, suffix: string) =>
    value.endsWith(suffix) ? value.slice(0, value.length - suffix.length) : value,
  ),
  upper: define(ONE, (value: string) => value.toUpperCase()),
};
