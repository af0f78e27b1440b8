import { type TsbuildError, TsbuildErrors, toTsbuildError } from '../base/error.ts';
import type { SourceFile, SourceRange } from '../base/source.ts';
import { type FrameStyle, renderCodeFrame } from './code-frame.ts';
import { createPalette } from './palette.ts';
import { sanitize } from './sanitize.ts';

export interface ErrorStyle {
  color: boolean;
  /** The width of the terminal; lines of a build file that are longer are cut. */
  columns: number;
}

const RULE = '-'.repeat(6);

/**
 * What a terminal shows of an error: the step's last output, the place in the build file, the message, what to do
 * next. Anything that is not an error of ours is shown as the INTERNAL error it is. Ends with a line feed.
 */
export function renderError(error: unknown, { color, columns }: ErrorStyle): string {
  const errors = error instanceof TsbuildErrors ? error.errors : [toTsbuildError(error)];
  const style = { columns, palette: createPalette(color) };
  return errors.map((each) => `${renderOne(each, style).join('\n')}\n`).join('\n');
}

export interface ShownWarning {
  title: string;
  message: string;
  source: SourceFile;
  location: SourceRange;
}

/** A warning as `--check` shows it: what it is called, what it says, and its place. Ends with a line feed. */
export function renderWarning(warning: ShownWarning, { color, columns }: ErrorStyle): string {
  const style = { columns, palette: createPalette(color) };
  const { title, message, source, location } = warning;
  const rows = [`${style.palette.warning('WARNING:')} ${title}`, sanitize(message, false)];
  return `${[...rows, ...renderCodeFrame(source, location, style)].join('\n')}\n`;
}

function renderOne(error: TsbuildError, style: FrameStyle): string[] {
  const { source, location, notes, hint, message } = error;
  const { palette } = style;
  const rows: string[] = [];
  if (notes.length > 0) rows.push(RULE, ...notes.map((line) => sanitize(line, palette.color)), RULE);
  if (source !== undefined && location !== undefined) rows.push(...renderCodeFrame(source, location, style));
  const [first = '', ...more] = message.split('\n').map((line) => sanitize(line, false));
  rows.push(`${palette.failed('ERROR:')} ${first}`, ...more);
  if (hint !== undefined) rows.push(`${palette.hint('hint:')} ${sanitize(hint, false)}`);
  return rows;
}
