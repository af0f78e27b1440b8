import { Refusal } from '../fail.ts';
import { toBool, toNumber, toText } from '../value/convert.ts';
import { Num } from '../value/number.ts';
import { list, Sequence, type Value } from '../value/value.ts';
import { encodeJson, jsonText } from './encoding.ts';
import { anyOrNull, define, type Functions, text } from './signature.ts';

interface Verb {
  flags: string;
  width: number | undefined;
  precision: number | undefined;
  letter: string;
}

const VERB = /%(?:%|([ +\-0#]*)(\d+)?(?:\.(\d*))?(?:\[(\d+)\])?([a-zA-Z])|([\s\S])?)/g;
const MAX_WIDTH = 10_000;

/** Formats as cty's Format: `%s`, `%d`, `%v`, `%q`, `%t`, `%x`, `%e` …, with flags, width, precision and `%[1]s`. */
function format(template: string, ...args: readonly Value[]): string {
  let next = 0;
  let indexed = false;
  const result = template.replace(VERB, (found, flags: string, width, precision, position, letter, wrong): string => {
    if (found === '%%') return '%';
    if (letter === undefined)
      throw new Refusal(`${found} is no verb of a format${wrong === undefined ? ': %% is a percent sign' : ''}`);
    if (position !== undefined) {
      indexed = true;
      next = Number(position) - 1;
    }
    if (next < 0 || next >= args.length) throw new Refusal(`not enough arguments for ${found} (number ${next + 1})`);
    const verb = { flags, width: sizeOf(width), precision: precision === '' ? 0 : sizeOf(precision), letter };
    return formatOne(verb, found, args[next++] as Value);
  });
  if (!indexed && next < args.length) throw new Refusal(`${args.length} arguments, and the format uses ${next}`);
  return result;
}

function sizeOf(digits: string | undefined): number | undefined {
  if (digits === undefined) return undefined;
  if (Number(digits) > MAX_WIDTH) throw new Refusal(`a width of ${digits} is too large`);
  return Number(digits);
}

function formatOne(verb: Verb, written: string, value: Value): string {
  const { letter, flags } = verb;
  if (letter === 'v') return formatValue(verb, value);
  if (value === null) throw new Refusal(`${written} takes no null`);
  if (letter === 't') return pad(String(toBool(value)), verb);
  if (letter === 's' || letter === 'q')
    return formatText(verb, letter === 'q' ? jsonText(toText(value)) : toText(value));
  if ('bdoxX'.includes(letter)) return formatInteger(verb, value);
  if ('eEfgG'.includes(letter)) return pad(signed(floatText(verb, toNumber(value)), flags), verb, true);
  throw new Refusal(`${written} is no verb of a format`);
}

function formatValue(verb: Verb, value: Value): string {
  if (verb.flags.includes('#')) return pad(encodeJson(value), verb);
  if (value instanceof Num) return pad(signed(String(value), verb.flags), verb, true);
  return typeof value === 'string' ? formatText(verb, value) : pad(encodeJson(value), verb);
}

function formatText(verb: Verb, value: string): string {
  return pad(verb.precision === undefined ? value : [...value].slice(0, verb.precision).join(''), verb);
}

const RADIX: Readonly<Record<string, number>> = { b: 2, d: 10, o: 8, x: 16, X: 16 };
const PREFIX: Readonly<Record<string, string>> = { b: '0b', o: '0', x: '0x', X: '0X' };

function formatInteger(verb: Verb, value: Value): string {
  const { letter, flags } = verb;
  if (typeof value === 'string' && letter.toLowerCase() === 'x' && Num.parse(value) === undefined) {
    const hex = Buffer.from(value).toString('hex');
    return pad(letter === 'X' ? hex.toUpperCase() : hex, verb);
  }
  const { numerator } = toNumber(value).truncated();
  const digits = (numerator < 0n ? -numerator : numerator).toString(RADIX[letter]);
  const text = `${flags.includes('#') ? (PREFIX[letter] ?? '') : ''}${letter === 'X' ? digits.toUpperCase() : digits}`;
  return pad(signed(numerator < 0n ? `-${text}` : text, flags), verb, true);
}

/** `%f` is exact to its last digit; the others go through floating point, as in the reference. */
function floatText({ letter, precision }: Verb, value: Num): string {
  const places = Math.min(precision ?? 6, 100);
  if (letter === 'f') return fixed(value, places);
  const number = value.toNumber();
  if (letter === 'e' || letter === 'E') return twoDigitExponent(number.toExponential(places), letter);
  const short = precision === undefined ? String(number) : String(Number(number.toPrecision(Math.max(1, places))));
  return twoDigitExponent(short, letter === 'G' ? 'E' : 'e');
}

function twoDigitExponent(text: string, letter: string): string {
  return text.replace(
    /e([+-])(\d+)$/,
    (_, sign: string, digits: string) => `${letter}${sign}${digits.padStart(2, '0')}`,
  );
}

function fixed(value: Num, places: number): string {
  const scale = 10n ** BigInt(places);
  const { numerator, denominator } = value;
  const magnitude = numerator < 0n ? -numerator : numerator;
  const scaled = (2n * magnitude * scale + denominator) / (2n * denominator);
  const digits = scaled.toString().padStart(places + 1, '0');
  const text = places === 0 ? digits : `${digits.slice(0, -places)}.${digits.slice(-places)}`;
  return numerator < 0n ? `-${text}` : text;
}

function signed(text: string, flags: string): string {
  if (text.startsWith('-')) return text;
  if (flags.includes('+')) return `+${text}`;
  return flags.includes(' ') ? ` ${text}` : text;
}

function pad(text: string, { flags, width }: Verb, isNumber = false): string {
  const missing = (width ?? 0) - [...text].length;
  if (missing <= 0) return text;
  if (flags.includes('-')) return text + ' '.repeat(missing);
  if (!flags.includes('0')) return ' '.repeat(missing) + text;
  const [, sign = '', digits = text] = isNumber ? (/^([+\- ]?)(.*)$/s.exec(text) ?? []) : [];
  return sign + '0'.repeat(missing) + digits;
}

/** One text for each element: lists go side by side, anything else is the same in each. */
function formatList(template: string, ...args: readonly Value[]): Value {
  const lists = args.filter((arg) => arg instanceof Sequence);
  const lengths = new Set(lists.map(({ items }) => items.length));
  if (lengths.size > 1) throw new Refusal(`the lists have different lengths: ${[...lengths].join(', ')}`);
  const [count = 1] = lengths;
  return list(
    Array.from({ length: count }, (_, at) =>
      format(template, ...args.map((arg) => (arg instanceof Sequence ? (arg.items[at] as Value) : arg))),
    ),
  );
}

export const FORMAT: Functions = {
  format: define([text('format')], format, anyOrNull('args')),
  formatlist: define([text('format')], formatList, anyOrNull('args')),
};
