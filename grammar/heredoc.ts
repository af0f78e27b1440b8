import type { SourceRange } from '../src/base/source.ts';
import type { Heredoc } from './ast.ts';
import { isBlank, type LineCursor, type LogicalLine } from './line.ts';
import type { LineIndex } from './position.ts';
import { flagEnd, jsonForm } from './scan.ts';

export interface HeredocMarker {
  name: string;
  expand: boolean;
  chomp: boolean;
  fd: number;
}

const MARKER = /^(\d*)<<(-?)([^<]*)$/;

/**
 * Reads one word as a heredoc marker (`<<EOF`, `3<<-"EOF"`), or says undefined: `<<<` and a `<<` inside a word are
 * none (trap 8). Quoting or escaping any part of the delimiter turns expansion off.
 */
export function heredocMarker(word: string): HeredocMarker | undefined {
  const match = MARKER.exec(word);
  if (match === null) return undefined;
  const [, fd = '', dash, delimiter = ''] = match;
  const name = unquoteDelimiter(delimiter);
  if (name === undefined || name === '') return undefined;
  return { name, expand: name === delimiter, chomp: dash === '-', fd: fd === '' ? 0 : Number(fd) };
}

/** The delimiter without quotes and escapes; undefined where a quote has no end. */
function unquoteDelimiter(text: string): string | undefined {
  let name = '';
  let quote = '';
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote === "'" ? char !== quote : char === '\\') name += quote === "'" ? char : text.charAt(++at);
    else if (quote !== '' ? char === quote : char === "'" || char === '"') quote = quote === '' ? char : '';
    else name += char;
  }
  return quote === '' ? name : undefined;
}

const HEREDOC_LINE = /^\s*(?:onbuild\s+)?(?:run|copy|add)(?=\s)/i;

/**
 * The markers of an instruction, in order, with their offsets in the logical line. None in JSON form, and none where
 * a quote of the line has no end.
 */
function heredocMarkers(text: string): (HeredocMarker & { start: number; end: number })[] {
  if (!text.includes('<<')) return [];
  const keyword = HEREDOC_LINE.exec(text);
  if (keyword === null || jsonForm(text, argumentsStart(text, keyword[0].length)) !== undefined) return [];
  const markers: (HeredocMarker & { start: number; end: number })[] = [];
  for (let start = skip(text, 0); start < text.length; ) {
    const end = shellWordEnd(text, start);
    if (end === undefined) return [];
    const marker = heredocMarker(text.slice(start, end));
    if (marker !== undefined) markers.push({ ...marker, start, end });
    start = skip(text, end);
  }
  return markers;
}

/** Where the argument starts behind the flags. */
function argumentsStart(text: string, offset: number): number {
  let at = skip(text, offset);
  while (text.startsWith('--', at)) {
    const end = flagEnd(text, at);
    const last = text.slice(at, end) === '--';
    at = skip(text, end);
    if (last) break;
  }
  return at;
}

/** The end of a word as the shell sees it; undefined where a quote has no end. */
function shellWordEnd(text: string, start: number): number | undefined {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && quote !== "'") at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (isBlank(text, at)) return at;
  }
  return quote === '' ? text.length : undefined;
}

function skip(text: string, start: number): number {
  let at = start;
  while (at < text.length && isBlank(text, at)) at++;
  return at;
}

/** Reads the bodies behind an instruction; the name of a delimiter that never comes ends the file. */
export function readHeredocs(
  line: LogicalLine,
  cursor: LineCursor,
  index: LineIndex,
): { heredocs: Heredoc[]; end: number | undefined; missing: { name: string; range: SourceRange } | undefined } {
  const heredocs: Heredoc[] = [];
  let last: number | undefined;
  for (const marker of heredocMarkers(line.text)) {
    const { start, end, ...fields } = marker;
    const range = index.range(line.pieces.sourceOffset(start), line.pieces.sourceEnd(start, end));
    const body = readBody(cursor, marker);
    if (body === undefined) return { heredocs, end: last, missing: { name: marker.name, range } };
    const raw = cursor.text.slice(body.start, body.end);
    const content = marker.chomp ? raw.replace(/(^|\n)\t+/g, '$1') : raw;
    heredocs.push({ ...fields, raw, content, range, bodyRange: index.range(body.start, body.end) });
    last = body.terminatorEnd;
  }
  return { heredocs, end: last, missing: undefined };
}

function readBody(
  cursor: LineCursor,
  marker: HeredocMarker,
): { start: number; end: number; terminatorEnd: number } | undefined {
  const start = cursor.offset;
  while (!cursor.done) {
    const line = cursor.read();
    let first = line.start;
    if (marker.chomp) while (first < line.end && cursor.text[first] === '\t') first++;
    if (line.end - first === marker.name.length && cursor.text.startsWith(marker.name, first)) {
      return { start, end: line.start, terminatorEnd: line.end };
    }
  }
  return undefined;
}
