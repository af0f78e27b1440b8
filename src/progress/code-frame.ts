import type { SourceFile, SourceRange } from '../base/source.ts';
import type { Palette } from './palette.ts';
import { sanitize } from './sanitize.ts';
import { cut, displayWidth, expandTabs, slice } from './width.ts';

export interface FrameStyle {
  columns: number;
  palette: Palette;
}

const RULE = '-'.repeat(20);
const TAB_STOP = 4;
/** Lines of context above and below one marked line, and in all around several. */
const CONTEXT_ONE = 2;
const CONTEXT_MANY = 1;
/** A longer range (a heredoc) is shown by its beginning. */
const MAX_MARKED = 10;
const MAX_BRIEF = 3;
/** `  12 | >>> ` */
const MARGIN = 11;
/** A narrower terminal wraps: less text than this tells nothing. */
const MIN_ROOM = 16;

/** Columns of the screen, from 0. */
interface Part {
  column: number;
  width: number;
}

interface LineSpan {
  first: number;
  last: number;
}

/**
 * The lines around a range of a build file, as BuildKit shows them, and below a range that is a part of one line the
 * exact columns underlined.
 */
export function renderCodeFrame(source: SourceFile, range: SourceRange, style: FrameStyle): string[] {
  const lines = source.text.split(/\r?\n/);
  const marked = markedLines(range, lines.length);
  const context = marked.first === marked.last ? CONTEXT_ONE : CONTEXT_MANY;
  const lastShown = Math.min(marked.last, marked.first + MAX_MARKED - 1);
  const rows: string[] = [`${sanitize(source.name, false)}:${marked.first}`, RULE];
  for (let number = Math.max(marked.first - context, 1); number <= lastShown; number++) {
    rows.push(...rowsOf(lines[number - 1] ?? '', number, range, marked, style));
  }
  if (lastShown < marked.last) rows.push(style.palette.margin('  ... |'));
  for (let number = marked.last + 1; number <= Math.min(marked.last + context, lines.length); number++) {
    rows.push(...rowsOf(lines[number - 1] ?? '', number, range, marked, style));
  }
  return [...rows, RULE];
}

/** The lines that a range touches and no others, for a list that tells the place itself. */
export function renderMarkedLines(source: SourceFile, range: SourceRange, style: FrameStyle): string[] {
  const lines = source.text.split(/\r?\n/);
  const marked = markedLines(range, lines.length);
  const last = Math.min(marked.last, marked.first + MAX_BRIEF - 1);
  const numbers = Array.from({ length: last - marked.first + 1 }, (_, index) => marked.first + index);
  const rows = numbers.flatMap((number) => rowsOf(lines[number - 1] ?? '', number, range, marked, style));
  return last < marked.last ? [...rows, style.palette.margin('  ... |')] : rows;
}

/** The lines that a half-open range touches; a range that ends before a line's first column does not touch it. */
function markedLines({ start, end }: SourceRange, count: number): LineSpan {
  const first = Math.min(Math.max(start.line, 1), count);
  const last = end.column === 1 && end.line > start.line ? end.line - 1 : end.line;
  return { first, last: Math.min(Math.max(last, first), count) };
}

function rowsOf(line: string, number: number, range: SourceRange, marked: LineSpan, style: FrameStyle): string[] {
  const isMarked = number >= marked.first && number <= marked.last;
  const room = Math.max(style.columns - MARGIN, MIN_ROOM);
  const part = isMarked && marked.first === marked.last ? underlined(line, range) : undefined;
  const window = windowOf(line, part, room);
  const { margin, failed } = style.palette;
  const flag = isMarked ? failed('>>>') : '   ';
  const rows = [`${margin(` ${String(number).padStart(3)} |`)} ${flag} ${window.text}`.trimEnd()];
  if (part !== undefined) {
    const carets = '^'.repeat(Math.max(Math.min(part.width, room - window.offset), 1));
    rows.push(`${margin('     |')}     ${' '.repeat(window.offset)}${failed(carets)}`);
  }
  return rows;
}

/** What a range covers of its line; undefined where it is all of the line. */
function underlined(line: string, { start, end }: SourceRange): Part | undefined {
  const from = Math.min(start.column - 1, line.length);
  const to = end.line > start.line ? line.length : Math.min(Math.max(end.column - 1, from), line.length);
  if (line.slice(0, from).trim() === '' && line.slice(to).trim() === '' && from < to) return undefined;
  const column = displayWidth(shown(line.slice(0, from)));
  return { column, width: Math.max(displayWidth(shown(line.slice(0, to))) - column, 1) };
}

/** A line's text in `room` columns: from its start, or where the underlined part is out of sight, around that. `offset` is where the part begins in it. */
function windowOf(line: string, part: Part | undefined, room: number): { text: string; offset: number } {
  const text = shown(line);
  const end = part === undefined ? 0 : part.column + Math.min(part.width, Math.floor(room / 2));
  if (part === undefined || displayWidth(text) <= room || end <= room - 3) {
    return { text: cut(text, room), offset: part?.column ?? 0 };
  }
  const from = Math.max(part.column - Math.floor(room / 3), 0);
  const ahead = `...${slice(text, from, part.column)}`;
  const rest = slice(text, part.column, Number.POSITIVE_INFINITY);
  return { text: cut(ahead + rest, room), offset: displayWidth(ahead) };
}

function shown(text: string): string {
  return expandTabs(sanitize(text, false), TAB_STOP);
}
