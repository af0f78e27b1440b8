import type { BuildEvent } from '../base/events.ts';
import type { Palette } from './palette.ts';
import { sanitize } from './sanitize.ts';

export type WarningEvent = Extract<BuildEvent, { type: 'warning' }>;

/** The list that follows a build; a warning that several targets share is listed once. */
export function renderWarnings(warnings: readonly WarningEvent[], palette: Palette): string {
  const lines = [...new Set(warnings.map((warning) => ` - ${sanitize(describe(warning), false)}`))];
  if (lines.length === 0) return '';
  const title = lines.length === 1 ? ' 1 warning found:' : ` ${lines.length} warnings found:`;
  return `\n${palette.warning(title)}\n${lines.join('\n')}\n`;
}

function describe({ message, source, location }: WarningEvent): string {
  if (location === undefined) return message;
  return `${message} (${source === undefined ? 'line ' : `${source.name}:`}${location.start.line})`;
}
