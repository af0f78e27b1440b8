import type { SourceRange } from '../src/base/source.ts';
import type { Comment, EscapeCharacter } from './ast.ts';
import { floorIndex, type LineIndex } from './position.ts';
import { skipBlanks } from './space.ts';

/** Physical lines of a text, one after the other. */
export class LineCursor {
  readonly text: string;
  #next: number;
  #last: number;

  constructor(text: string, offset = 0) {
    this.text = text;
    this.#next = offset;
    this.#last = offset;
  }

  /** The offset of the line that `read` gave last. */
  get last(): number {
    return this.#last;
  }

  /** The offset of the line that `read` gives next. */
  get offset(): number {
    return this.#next;
  }

  get done(): boolean {
    return this.#next >= this.text.length;
  }

  /** `[start, end)` without the line end, and where the next line starts. */
  read(): { start: number; end: number; next: number } {
    const start = this.#next;
    this.#last = start;
    const newline = this.text.indexOf('\n', start);
    const next = newline === -1 ? this.text.length : newline + 1;
    let end = newline === -1 ? this.text.length : newline;
    while (end > start && this.text[end - 1] === '\r') end--;
    this.#next = next;
    return { start, end, next };
  }
}

/**
 * An instruction whose continuations are joined, with comment and blank lines dropped, and the map back to the source.
 * Joining adds nothing: `a\⏎b` is `ab` (trap 1).
 */
export interface LogicalLine {
  text: string;
  /** The source offset of its first character that is no blank. */
  start: number;
  pieces: Pieces;
  comments: Comment[];
  emptyContinuations: SourceRange[];
}

/** Where each joined piece starts, in the joined text and in the source. */
export class Pieces {
  readonly #joined: number[] = [];
  readonly #source: number[] = [];

  add(joined: number, source: number): void {
    this.#joined.push(joined);
    this.#source.push(source);
  }

  /** The source offset of the character at `offset`. */
  sourceOffset(offset: number): number {
    const piece = floorIndex(this.#joined, offset);
    return (this.#source[piece] ?? 0) + offset - (this.#joined[piece] ?? 0);
  }

  /** An end belongs to the character before it, so that a range does not reach over a continuation. */
  sourceEnd(start: number, end: number): number {
    return end > start ? this.sourceOffset(end - 1) + 1 : this.sourceOffset(start);
  }
}

/**
 * Reads the next instruction; undefined at the end of the text. Heredoc bodies are the caller's, who continues with
 * the same cursor.
 */
export function readLogicalLine(
  cursor: LineCursor,
  escapeChar: EscapeCharacter,
  index: LineIndex,
): LogicalLine | undefined {
  let comments: Comment[] = [];
  while (!cursor.done) {
    const line = cursor.read();
    const start = skipBlanks(cursor.text, line.start, line.end);
    if (start === line.end) {
      comments = [];
    } else if (cursor.text[start] === '#') {
      comments.push(commentAt(cursor.text, start, line.end, index));
    } else {
      return { ...join(cursor, start, line.end, escapeChar, index), comments };
    }
  }
  return undefined;
}

function join(
  cursor: LineCursor,
  start: number,
  end: number,
  escapeChar: EscapeCharacter,
  index: LineIndex,
): Omit<LogicalLine, 'comments'> {
  const pieces = new Pieces();
  const emptyContinuations: SourceRange[] = [];
  const parts: string[] = [];
  let length = 0;
  const add = (from: number, to: number): boolean => {
    const cut = continuationAt(cursor.text, from, to, escapeChar);
    pieces.add(length, from);
    parts.push(cursor.text.slice(from, cut ?? to));
    length += (cut ?? to) - from;
    return cut !== undefined;
  };

  let continues = add(start, end);
  while (continues && !cursor.done) {
    const line = cursor.read();
    const first = skipBlanks(cursor.text, line.start, line.end);
    if (first === line.end) emptyContinuations.push(index.range(line.start, line.end));
    else if (cursor.text[first] !== '#') continues = add(line.start, line.end);
  }
  return { text: parts.join(''), start, pieces, emptyContinuations };
}

/**
 * Where the escape character that continues the line stands, or undefined. Blanks may follow it; an escape before it
 * takes its meaning away. Scans from the end, so that a line full of escapes costs nothing more.
 */
function continuationAt(text: string, start: number, end: number, escapeChar: EscapeCharacter): number | undefined {
  let last = end - 1;
  while (last >= start && (text[last] === ' ' || text[last] === '\t')) last--;
  if (last < start || text[last] !== escapeChar) return undefined;
  return last > start && text[last - 1] === escapeChar ? undefined : last;
}

function commentAt(text: string, start: number, end: number, index: LineIndex): Comment {
  return { text: text.slice(start + 1, end).trim(), range: index.range(start, end) };
}
