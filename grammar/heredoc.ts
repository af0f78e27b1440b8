import { TsbuildError } from '../src/base/error.ts';
import type { SourceRange } from '../src/base/source.ts';
import type { EscapeCharacter, Heredoc } from './ast.ts';
import type { LineCursor, LogicalLine } from './line.ts';
import type { LineIndex } from './position.ts';
import { shellWords } from './shellwords.ts';
import { isBlank } from './space.ts';
import { lineNode, takesHeredocs } from './tree/node.ts';

export interface HeredocMarker {
  name: string;
  expand: boolean;
  chomp: boolean;
  fd: number;
}

const MARKER = /^(\d*)<<(-?)[\t\n\f\r ]*([^<]*)$/;

/**
 * Reads one word as a heredoc marker (`<<EOF`, `3<<-"EOF"`, `<< EOF`), or says undefined: `<<<` and a `<<` inside a
 * word are none (trap 8). Quoting any part of the delimiter turns expansion off; a backslash does not.
 */
export function heredocMarker(word: string): HeredocMarker | undefined {
  const match = MARKER.exec(word);
  if (match === null) return undefined;
  const [, fd = '', dash, delimiter = ''] = match;
  const unquoted = unquoteDelimiter(delimiter);
  if (unquoted === undefined || unquoted.name === '') return undefined;
  return { name: unquoted.name, expand: !unquoted.quoted, chomp: dash === '-', fd: fd === '' ? 0 : Number(fd) };
}

/** The delimiter without quotes and escapes; undefined where a quote has no end, or where it is several words. */
function unquoteDelimiter(text: string): { name: string; quoted: boolean } | undefined {
  let name = '';
  let quote = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\' && quote !== "'") {
      const next = text.charAt(++at);
      name += quote === '' || /["$\\]/.test(next) ? next : char + next;
    } else if (quote === '' ? char === "'" || char === '"' : char === quote) {
      quote = quote === '' ? char : '';
      quoted = true;
    } else if (quote === '' && isBlank(text, at)) return undefined;
    else name += char;
  }
  return quote === '' ? { name, quoted } : undefined;
}

/** The markers of an instruction, in order, with their offsets in the logical line. */
function heredocMarkers(text: string, escapeChar: EscapeCharacter): (HeredocMarker & { start: number; end: number })[] {
  if (!text.includes('<<') || !mayHaveHeredocs(text, escapeChar)) return [];
  return (shellWords(text) ?? []).flatMap(({ start, end }) => {
    const marker = heredocMarker(text.slice(start, end));
    return marker === undefined ? [] : [{ ...marker, start, end }];
  });
}

function mayHaveHeredocs(text: string, escapeChar: EscapeCharacter): boolean {
  try {
    return takesHeredocs(lineNode(text, escapeChar));
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}

/** Reads the bodies behind an instruction; the name of a delimiter that never comes ends the file. */
export function readHeredocs(
  line: LogicalLine,
  cursor: LineCursor,
  index: LineIndex,
  escapeChar: EscapeCharacter,
): { heredocs: Heredoc[]; end: number | undefined; missing: { name: string; range: SourceRange } | undefined } {
  const heredocs: Heredoc[] = [];
  let last: number | undefined;
  for (const marker of heredocMarkers(line.text, escapeChar)) {
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
