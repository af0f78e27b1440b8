/** A piece of a line, and how it looks. */
export interface Piece {
  text: string;
  classes: readonly string[];
  /** Where it is none of the sixteen that the page's own palette has. */
  color?: string | undefined;
  background?: string | undefined;
}

interface Style {
  flags: Set<string>;
  color?: string | undefined;
  background?: string | undefined;
}

/** What a terminal is told beside text: colours, which are kept, and everything else, which is not shown. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const ESCAPE = /\x1b(?:\[([0-9;:]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/** A line as it stood at last: what a carriage return let something else be written over is gone. */
function lastState(line: string): string {
  const end = line.endsWith('\r') ? line.length - 1 : line.length;
  return line.slice(line.lastIndexOf('\r', end - 1) + 1, end);
}

/** The text of a line alone. */
export function plainText(line: string): string {
  return lastState(line).replace(ESCAPE, '').replace(CONTROL, '');
}

/** Lines begin without a style: what a step left switched on at the end of one is rarely meant for the next. */
export function pieces(line: string): Piece[] {
  const found: Piece[] = [];
  const style: Style = { flags: new Set() };
  const text = lastState(line);
  let start = 0;
  const push = (end: number): void => {
    const shown = text.slice(start, end).replace(CONTROL, '');
    if (shown === '') return;
    const { flags, color, background } = style;
    const named = [color, background && `on-${background}`].filter(
      (name) => name !== undefined && /^(on-)?c\d/.test(name),
    );
    found.push({
      text: shown,
      classes: [...flags, ...(named as string[])],
      color: color?.startsWith('#') ? color : undefined,
      background: background?.startsWith('#') ? background : undefined,
    });
  };
  for (const match of text.matchAll(ESCAPE)) {
    push(match.index);
    start = match.index + match[0].length;
    if (match[2] === 'm') apply(style, (match[1] ?? '').split(/[;:]/).map(Number));
  }
  push(text.length);
  return found;
}

const FLAGS: Readonly<Record<number, string>> = { 1: 'bold', 2: 'faint', 3: 'italic', 4: 'underline', 9: 'struck' };
const OFF: Readonly<Record<number, readonly string[]>> = {
  22: ['bold', 'faint'],
  23: ['italic'],
  24: ['underline'],
  29: ['struck'],
};

function apply(style: Style, codes: number[]): void {
  for (let at = 0; at < codes.length; at++) {
    const code = codes[at] ?? 0;
    if (code === 0) {
      style.flags.clear();
      style.color = undefined;
      style.background = undefined;
    } else if (FLAGS[code] !== undefined) style.flags.add(FLAGS[code]);
    else if (OFF[code] !== undefined) for (const flag of OFF[code]) style.flags.delete(flag);
    else if (code === 38 || code === 48) {
      const { color, used } = extended(codes.slice(at + 1));
      at += used;
      if (code === 38) style.color = color;
      else style.background = color;
    } else if (code === 39) style.color = undefined;
    else if (code === 49) style.background = undefined;
    else if (code >= 30 && code <= 37) style.color = `c${code - 30}`;
    else if (code >= 90 && code <= 97) style.color = `c${code - 82}`;
    else if (code >= 40 && code <= 47) style.background = `c${code - 40}`;
    else if (code >= 100 && code <= 107) style.background = `c${code - 92}`;
  }
}

/** `5;N` of the 256, or `2;R;G;B`. */
function extended([kind, ...values]: number[]): { color: string | undefined; used: number } {
  if (kind === 5) return { color: indexed(values[0] ?? 0), used: 2 };
  if (kind === 2) return { color: rgb(values.slice(0, 3)), used: 4 };
  return { color: undefined, used: 0 };
}

const LEVELS = [0, 95, 135, 175, 215, 255];

function indexed(index: number): string {
  if (index < 16) return `c${index}`;
  if (index >= 232) return rgb(Array.from({ length: 3 }, () => 8 + 10 * (index - 232)));
  const cube = index - 16;
  return rgb([cube / 36, (cube / 6) % 6, cube % 6].map((level) => LEVELS[Math.floor(level)] ?? 0));
}

function rgb(parts: readonly number[]): string {
  const hex = (part: number) =>
    Math.min(255, Math.max(0, Math.floor(part) || 0))
      .toString(16)
      .padStart(2, '0');
  return `#${[0, 1, 2].map((at) => hex(parts[at] ?? 0)).join('')}`;
}
