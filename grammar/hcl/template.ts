import type { IToken } from 'chevrotain';
import type { Expression, ForLoop, Origin, Place, TemplatePart } from './ast.ts';
import { Problem } from './problem.ts';

/** A template as the parser reads it: the marks (`%{~ if`, `~}`) are still there, and the texts are as written. */
export type RawPart =
  | { kind: 'text'; text: IToken }
  | { kind: 'interpolation'; value: Expression; open: IToken; close: IToken; at: Place }
  | { kind: 'if'; condition: Expression; bodies: RawPart[][]; marks: IToken[]; at: Place }
  | { kind: 'for'; loop: ForLoop; bodies: RawPart[][]; marks: IToken[]; at: Place };

type Quoting = 'quoted' | 'heredoc' | 'bare';

/** A text with its blanks still to be dropped, or something between texts. */
type Piece = { text: string; token: IToken } | { mark: IToken };

/** The parts of a text in quotes (with escapes), or of one without. */
export function readParts(raw: readonly RawPart[], origin: Origin, quoting: Quoting): TemplatePart[] {
  return build(raw, trimmed(raw, origin, quoting), origin);
}

/** The parts of a heredoc; with `flush` (`<<-`) lines lose the indentation that all of them have. */
export function heredocParts(raw: readonly RawPart[], origin: Origin, flush: boolean): TemplatePart[] {
  const pieces = trimmed(raw, origin, 'heredoc');
  if (flush) dropIndentation(pieces);
  return build(raw, pieces, origin);
}

/** All texts and marks in the order of the file, the texts without the blanks that a `~` beside them drops. */
function trimmed(raw: readonly RawPart[], origin: Origin, quoting: Quoting): Piece[] {
  const pieces = [...flatten(raw, origin, quoting)];
  for (const [index, piece] of pieces.entries()) {
    if (!('mark' in piece)) continue;
    const { image } = piece.mark;
    const [before, after] = [pieces[index - 1], pieces[index + 1]];
    if (/^[$%]\{~/.test(image) && before !== undefined && 'text' in before) before.text = before.text.trimEnd();
    if (image === '~}' && after !== undefined && 'text' in after) after.text = after.text.trimStart();
  }
  return pieces;
}

function* flatten(raw: readonly RawPart[], origin: Origin, quoting: Quoting): Generator<Piece> {
  for (const part of raw) {
    if (part.kind === 'text') {
      yield { text: textOf(part.text, origin, quoting), token: part.text };
    } else if (part.kind === 'interpolation') {
      yield { mark: part.open };
      yield { mark: part.close };
    } else {
      for (const [index, body] of part.bodies.entries()) {
        for (const mark of part.marks.slice(2 * index, 2 * index + 2)) yield { mark };
        yield* flatten(body, origin, quoting);
      }
      for (const mark of part.marks.slice(-2)) yield { mark };
    }
  }
}

/** Lines of blanks alone do not count for what all lines have in common, and keep what they have. */
function dropIndentation(pieces: readonly Piece[]): void {
  const indented: { text: string }[] = [];
  let common = Number.POSITIVE_INFINITY;
  let atLineStart = true;
  for (const piece of pieces) {
    const text = 'text' in piece ? piece.text : '';
    if (atLineStart && 'text' in piece && text.trim() !== '') {
      indented.push(piece);
      common = Math.min(common, text.length - text.trimStart().length);
    } else if (atLineStart && !text.endsWith('\n')) {
      if ('text' in piece) indented.push(piece);
      common = Math.min(common, text.length);
    }
    atLineStart = 'text' in piece && text.endsWith('\n');
  }
  for (const piece of indented) piece.text = piece.text.slice(common);
}

function build(raw: readonly RawPart[], pieces: readonly Piece[], origin: Origin): TemplatePart[] {
  const texts = new Map(pieces.flatMap((piece) => ('text' in piece ? [[piece.token, piece.text] as const] : [])));
  const partsOf = (parts: readonly RawPart[] = []): TemplatePart[] =>
    joinTexts(
      parts.map((part): TemplatePart => {
        if (part.kind === 'text') {
          return { kind: 'text', text: texts.get(part.text) ?? '', at: placeOf(part.text, origin) };
        }
        if (part.kind === 'interpolation') return { kind: 'interpolation', value: part.value, at: part.at };
        const { at, bodies } = part;
        if (part.kind === 'for') return { kind: 'for', loop: part.loop, body: partsOf(bodies[0]), at };
        const { condition } = part;
        return { kind: 'if', condition, whenTrue: partsOf(bodies[0]), whenFalse: partsOf(bodies[1]), at };
      }),
    );
  return partsOf(raw);
}

/** The lines of a heredoc are one text again. */
function joinTexts(parts: readonly TemplatePart[]): TemplatePart[] {
  const joined: TemplatePart[] = [];
  for (const part of parts) {
    const last = joined.at(-1);
    if (part.kind === 'text' && last?.kind === 'text') {
      joined[joined.length - 1] = { ...last, text: last.text + part.text, at: { ...last.at, end: part.at.end } };
    } else if (part.kind !== 'text' || part.text !== '') joined.push(part);
  }
  return joined;
}

function placeOf(token: IToken, origin: Origin): Place {
  return { origin, start: token.startOffset, end: token.startOffset + token.image.length };
}

const SIMPLE: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };
const ESCAPE = /\\u([0-9a-fA-F]{4})|\\U([0-9a-fA-F]{8})|\\(.)|\$\$\{|%%\{/gs;

/** What a text stands for: `$${` is `${`, and within quotes a backslash begins an escape. */
function textOf(token: IToken, origin: Origin, quoting: Quoting): string {
  const image = quoting === 'heredoc' ? token.image.replaceAll('\r\n', '\n') : token.image;
  return image.replace(ESCAPE, (found, short?: string, long?: string, letter?: string, offset?: number) => {
    if (found === '$${' || found === '%%{') return found.slice(1);
    if (quoting !== 'quoted') return found;
    const code = short ?? long;
    const text = code === undefined ? SIMPLE[letter ?? ''] : characterOf(Number.parseInt(code, 16));
    if (text !== undefined) return text;
    const start = token.startOffset + (offset ?? 0);
    const hint = 'the escapes are \\n \\r \\t \\" \\\\ \\uXXXX \\UXXXXXXXX; a backslash is written \\\\';
    throw new Problem(`unknown escape ${found} in a text`, { origin, start, end: start + found.length }, hint);
  });
}

function characterOf(code: number): string | undefined {
  return code <= 0x10ffff ? String.fromCodePoint(code) : undefined;
}
