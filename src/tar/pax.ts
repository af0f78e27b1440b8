import { TsbuildError } from '../base/error.ts';

/** Keyword → value, one character per byte as in byte paths: values are raw bytes, not text. */
export type PaxRecords = Map<string, string>;

/** The prefix of the keywords that hold extended attributes, as GNU tar and Go's archive/tar write them. */
export const XATTR_PREFIX = 'SCHILY.xattr.';

/** `LENGTH KEYWORD=VALUE\n`, where the length counts its own digits (POSIX pax, Extended Header). */
function formatRecord(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`;
  let length = rest.length + String(rest.length).length;
  length = rest.length + String(length).length;
  return length + rest;
}

/** Sorted by keyword, so that equal records have equal bytes. */
export function formatPax(records: PaxRecords): Buffer {
  const sorted = [...records].sort(([a], [b]) => (a < b ? -1 : 1));
  return Buffer.from(sorted.map(([keyword, value]) => formatRecord(keyword, value)).join(''), 'latin1');
}

const SPACE = 0x20;
const EQUALS = 0x3d;
const NEWLINE = 0x0a;

function malformed(): TsbuildError {
  return new TsbuildError('INVALID', 'damaged tar: a malformed PAX record');
}

function parseLength(data: Buffer, start: number, end: number): number {
  const length = Number(data.toString('latin1', start, end));
  if (!Number.isSafeInteger(length) || length <= end - start + 2 || start + length > data.length) throw malformed();
  return length;
}

/** Adds the records of an extended header to `into`, the later ones winning. */
export function parsePax(data: Buffer, into: PaxRecords): PaxRecords {
  for (let start = 0; start < data.length; ) {
    const space = data.indexOf(SPACE, start);
    if (space < 0) throw malformed();
    const end = start + parseLength(data, start, space);
    const equals = data.indexOf(EQUALS, space);
    if (equals <= space + 1 || equals >= end || data[end - 1] !== NEWLINE) throw malformed();
    into.set(data.toString('latin1', space + 1, equals), data.toString('latin1', equals + 1, end - 1));
    start = end;
  }
  return into;
}

/** To whole microseconds, the most that a number holds of a present time in seconds. */
export function roundTime(seconds: number): number {
  return Number.isInteger(seconds) ? seconds : Math.round(seconds * 1e6) / 1e6;
}

/** A rounded time as PAX writes it: `1700000000`, `-1.5`, without zeros at the end. */
export function formatPaxTime(seconds: number): string {
  return Number.isInteger(seconds) ? String(seconds) : seconds.toFixed(6).replace(/0+$/, '');
}

const DECIMAL = /^-?\d+$/;
const TIME = /^-?\d+(\.\d*)?$/;

export function parsePaxInteger(keyword: string, text: string): number {
  const value = Number(text);
  if (DECIMAL.test(text) && Number.isSafeInteger(value)) return value;
  throw new TsbuildError('INVALID', `damaged tar: PAX ${keyword} is ${JSON.stringify(text)}`);
}

export function parsePaxTime(keyword: string, text: string): number {
  const value = Number(text);
  if (!TIME.test(text) || Math.abs(value) > Number.MAX_SAFE_INTEGER) {
    throw new TsbuildError('INVALID', `damaged tar: PAX ${keyword} is ${JSON.stringify(text)}`);
  }
  return roundTime(value);
}
