import { Refusal } from '../fail.ts';
import { list, object, tuple, type Value } from '../value/value.ts';
import { define, type Functions, text } from './signature.ts';

const CLASSES: Readonly<Record<string, string>> = {
  alnum: '0-9A-Za-z',
  alpha: 'A-Za-z',
  ascii: '\\x00-\\x7F',
  blank: '\\t ',
  cntrl: '\\x00-\\x1F\\x7F',
  digit: '0-9',
  graph: '!-~',
  lower: 'a-z',
  print: ' -~',
  punct: '!-\\/:-@\\[-`{-~',
  space: '\\t\\n\\v\\f\\r ',
  upper: 'A-Z',
  word: '0-9A-Za-z_',
  xdigit: '0-9A-Fa-f',
};

/** A pattern in Go's syntax (RE2) as one of JavaScript's: the two differ in a few spellings. */
function compile(pattern: string, flags: string): RegExp {
  const [, options = '', body = pattern] = /^\(\?([ims]+)\)(.*)$/s.exec(pattern) ?? [];
  const source = body
    .replace(/\\[\s\S]|\(\?P</g, (found) => ({ '\\A': '^', '\\z': '$(?![\\s\\S])', '(?P<': '(?<' })[found] ?? found)
    .replace(/\[:(\^?)(\w+):\]/g, (found, negated: string, name: string) => {
      const characters = CLASSES[name];
      if (characters === undefined || negated !== '') throw new Refusal(`${found} is no class of characters`);
      return characters;
    })
    .replace(/\\(p|P)([A-Z])(?!\{)/g, '\\$1{$2}');
  try {
    return new RegExp(source, `${flags}u${[...new Set(options)].join('')}`);
  } catch (cause) {
    if (cause instanceof SyntaxError)
      throw new Refusal(`${JSON.stringify(pattern)} is no regular expression: ${cause.message}`);
    throw cause;
  }
}

/** The whole match where the pattern has no groups; else what they matched, by name or in order. */
function captured(match: RegExpMatchArray): Value {
  if (match.length === 1) return match[0];
  if (match.groups === undefined) return tuple(match.slice(1).map((group) => group ?? null));
  const names = Object.keys(match.groups);
  if (names.length < match.length - 1) throw new Refusal('groups with and without names cannot be mixed');
  return object(names.map((name) => [name, match.groups?.[name] ?? null] as const));
}

function findOne(pattern: string, value: string): Value {
  const match = compile(pattern, '').exec(value);
  if (match === null) throw new Refusal('the pattern does not match');
  return captured(match);
}

function findAll(pattern: string, value: string): Value {
  return list([...value.matchAll(compile(pattern, 'g'))].map(captured));
}

/** `$1`, `$name` and `${name}` in the replacement are what groups matched, `$$` is a dollar sign, as in Go. */
function replaceAll(value: string, pattern: string, replacement: string): string {
  return value.replace(compile(pattern, 'g'), (...found: unknown[]) => {
    const named = typeof found.at(-1) === 'object' ? (found.pop() as Record<string, string | undefined>) : {};
    const groups = found.slice(0, -2) as (string | undefined)[];
    return replacement.replace(/\$(?:\$|(\w+)|\{(\w+)\})/g, (sign, bare?: string, braced?: string) => {
      if (sign === '$$') return '$';
      const name = bare ?? braced ?? '';
      return (/^\d+$/.test(name) ? groups[Number(name)] : named[name]) ?? '';
    });
  });
}

export const PATTERNS: Functions = {
  regex: define([text('pattern'), text('string')], findOne),
  regex_replace: define([text('str'), text('pattern'), text('replace')], replaceAll),
  regexall: define([text('pattern'), text('string')], findAll),
};
