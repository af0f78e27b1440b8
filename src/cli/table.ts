import { sanitize } from '../progress/sanitize.ts';

/**
 * Columns of text, as wide as their widest cell, three blanks apart. The last one is not padded. Cells may be a
 * stranger's text: what would steer a terminal is taken out.
 */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [header, ...rows].map((row) => row.map((cell) => sanitize(cell, false)));
  const widths = header.map((_, column) => Math.max(...all.map((row) => row[column]?.length ?? 0)));
  const lines = all.map((row) =>
    row.map((cell, column) => (column === row.length - 1 ? cell : cell.padEnd(widths[column] ?? 0))).join('   '),
  );
  return `${lines.join('\n')}\n`;
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** What has more than three digits when it is rounded. */
const ROUNDS_UP = 999.5;

/** Decimal units with three digits, as docker shows sizes. */
export function size(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= ROUNDS_UP && unit < UNITS.length - 1; unit++) value /= 1000;
  const digits = unit === 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
  return `${value.toFixed(digits)}${UNITS[unit]}`;
}

const PERIODS: readonly (readonly [seconds: number, name: string])[] = [
  [365 * 86_400, 'year'],
  [30 * 86_400, 'month'],
  [7 * 86_400, 'week'],
  [86_400, 'day'],
  [3600, 'hour'],
  [60, 'minute'],
  [1, 'second'],
];

/** `3 hours ago`, by the largest unit that fits. */
export function ago(time: string | undefined, now = Date.now()): string {
  const seconds = time === undefined ? Number.NaN : (now - Date.parse(time)) / 1000;
  if (!Number.isFinite(seconds)) return 'unknown';
  const [length, name] = PERIODS.find(([period]) => seconds >= period) ?? [1, 'second'];
  const count = Math.max(0, Math.floor(seconds / length));
  return `${count} ${name}${count === 1 ? '' : 's'} ago`;
}

/** The digits of an ID that are shown. */
export function shortId(digest: string): string {
  return digest.slice('sha256:'.length, 'sha256:'.length + 12);
}
