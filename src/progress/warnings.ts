import type { BuildEvent } from '../base/events.ts';
import { type FrameStyle, renderMarkedLines } from './code-frame.ts';
import { sanitize } from './sanitize.ts';

export type WarningEvent = Extract<BuildEvent, { type: 'warning' }>;

/** All warnings are listed; a generated file that has hundreds shows the lines of the first ones only. */
const MAX_FRAMES = 20;

/** The list that follows a build; a warning that several targets share is listed once. */
export function renderWarnings(warnings: readonly WarningEvent[], style: FrameStyle): string {
  const rows = new Map<string, string[]>();
  for (const warning of warnings) {
    const row = ` - ${sanitize(describe(warning), false)}`;
    if (!rows.has(row)) rows.set(row, rows.size < MAX_FRAMES ? linesOf(warning, style) : []);
  }
  if (rows.size === 0) return '';
  const title = rows.size === 1 ? ' 1 warning found:' : ` ${rows.size} warnings found:`;
  return `\n${style.palette.warning(title)}\n${[...rows].flat(2).join('\n')}\n`;
}

function describe({ message, rule, source, location }: WarningEvent): string {
  const text = rule === undefined ? message : `${rule}: ${message}`;
  if (location === undefined) return text;
  return `${text} (${source === undefined ? 'line ' : `${source.name}:`}${location.start.line})`;
}

/** The place in the build file, where a check warns. */
function linesOf({ rule, source, location }: WarningEvent, style: FrameStyle): string[] {
  return rule === undefined || source === undefined || location === undefined
    ? []
    : renderMarkedLines(source, location, style);
}
