/** Blocks whose characters fill two columns: Unicode 15, EastAsianWidth W and F, and emoji presentation. */
const WIDE: readonly (readonly [number, number])[] = [
  [0x1100, 0x115f],
  [0x231a, 0x231b],
  [0x23e9, 0x23ec],
  [0x25fd, 0x25fe],
  [0x2614, 0x2615],
  [0x2648, 0x2653],
  [0x26aa, 0x26ab],
  [0x26bd, 0x26be],
  [0x2705, 0x2705],
  [0x270a, 0x270b],
  [0x2728, 0x2728],
  [0x274c, 0x274c],
  [0x2753, 0x2757],
  [0x2795, 0x2797],
  [0x2b1b, 0x2b1c],
  [0x2b50, 0x2b50],
  [0x2e80, 0x303e],
  [0x3041, 0xa4cf],
  [0xa960, 0xa97c],
  [0xac00, 0xd7a3],
  [0xf900, 0xfaff],
  [0xfe30, 0xfe6f],
  [0xff01, 0xff60],
  [0xffe0, 0xffe6],
  [0x16fe0, 0x18d08],
  [0x1b000, 0x1b2fb],
  [0x1f300, 0x1f64f],
  [0x1f680, 0x1f6ff],
  [0x1f7e0, 0x1f7eb],
  [0x1f900, 0x1faff],
  [0x20000, 0x3fffd],
];
const ZERO_WIDTH = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
const PLAIN = /^[\x20-\x7e]*$/;
// biome-ignore lint/suspicious/noControlCharactersInRegex: colours begin with ESC; captured, so that `split` keeps them
const SGR = /(\u001b\[[0-9;:]*m)/;
const ELLIPSIS = '...';

/** The columns of one code point. Joined emoji count each part: an estimate that is never too small. */
function columnsOf(character: string): number {
  const code = character.codePointAt(0) ?? 0;
  if (code < 0x300) return 1;
  if (ZERO_WIDTH.test(character)) return 0;
  return WIDE.some(([first, last]) => code >= first && code <= last) ? 2 : 1;
}

/** The columns that sanitised text without tabs takes on a terminal; colours take none. */
export function displayWidth(text: string): number {
  if (PLAIN.test(text)) return text.length;
  let width = 0;
  for (const part of text.split(SGR)) {
    if (SGR.test(part)) continue;
    for (const character of part) width += columnsOf(character);
  }
  return width;
}

/** The text cut to `columns`, with `...` where something is missing; colours stay, so that they are also closed. */
export function cut(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  if (columns <= ELLIPSIS.length) return ELLIPSIS.slice(0, Math.max(columns, 0));
  return slice(text, 0, columns - ELLIPSIS.length) + ELLIPSIS;
}

/** What stands in the columns `[from, to)`; a wide character that only partly fits is left out. */
export function slice(text: string, from: number, to: number): string {
  let column = 0;
  let result = '';
  for (const part of text.split(SGR)) {
    if (SGR.test(part)) {
      result += part;
      continue;
    }
    for (const character of part) {
      const end = column + columnsOf(character);
      if (column >= from && end <= to) result += character;
      column = end;
    }
  }
  return result;
}

/** Tabs as spaces up to the next multiple of `stop`, for text that begins in column `start`. */
export function expandTabs(text: string, stop: number, start = 0): string {
  if (!text.includes('\t')) return text;
  let result = '';
  let column = start;
  for (const part of text.split(/(\t)/)) {
    const piece = part === '\t' ? ' '.repeat(stop - (column % stop)) : part;
    result += piece;
    column += displayWidth(piece);
  }
  return result;
}
