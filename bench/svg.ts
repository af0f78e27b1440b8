/** One bar of a chart. */
export interface Bar {
  name: string;
  value: number;
  /** The ends of the line that shows the spread. */
  min?: number | undefined;
  max?: number | undefined;
  /** What stands beside it. */
  label: string;
  isOurs: boolean;
}

const WIDTH = 860;
const LEFT = 92;
const RIGHT = 250;
const ROW = 24;
const TOP = 22;

/** Horizontal bars on one scale from zero. */
export function bars(title: string, rows: readonly Bar[]): string {
  const scale = (WIDTH - LEFT - RIGHT) / Math.max(...rows.map(({ value, max = value }) => max), Number.MIN_VALUE);
  const drawn = rows.map(({ name, value, min, max, label, isOurs }, index) => {
    const y = TOP + index * ROW;
    const end = LEFT + Math.max(max ?? value, value) * scale;
    const spread =
      min === undefined || max === undefined
        ? ''
        : `<line class="spread" x1="${x(min * scale)}" x2="${x(max * scale)}" y1="${y + 9}" y2="${y + 9}"/>`;
    return `<text x="${LEFT - 10}" y="${y + 14}" text-anchor="end">${escapeText(name)}</text>
<rect class="${isOurs ? 'us' : 'them'}" x="${LEFT}" y="${y + 1}" width="${(value * scale).toFixed(1)}" height="16" rx="2"/>${spread}
<text x="${(end + 10).toFixed(1)}" y="${y + 14}">${escapeText(label)}</text>`;
  });
  const height = TOP + rows.length * ROW + 4;
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeText(title)}">
<text class="faint" x="${LEFT}" y="13">${escapeText(title)}</text>
${drawn.join('\n')}</svg>`;
}

/** A point of a curve. */
export interface Point {
  x: number;
  y: number;
}

const PLOT = { width: 860, height: 300, left: 70, right: 130, top: 16, bottom: 40 };

/** Curves on two logarithmic axes, on which a cost that grows linearly is a line of slope 1. */
export function curves(axes: { x: string; y: string }, lines: Readonly<Record<string, readonly Point[]>>): string {
  const all = Object.values(lines).flat();
  const across = decades(all.map((point) => point.x));
  const up = decades(all.map((point) => point.y));
  const { width, height, left, right, top, bottom } = PLOT;
  const toX = (value: number) => left + share(value, across) * (width - left - right);
  const toY = (value: number) => height - bottom - share(value, up) * (height - top - bottom);
  const grid = [
    ...ticks(across).map(
      (tick) =>
        `<line class="axis" x1="${toX(tick)}" x2="${toX(tick)}" y1="${top}" y2="${height - bottom}"/><text class="faint" x="${toX(tick)}" y="${height - bottom + 18}" text-anchor="middle">${tick.toLocaleString('en-US')}</text>`,
    ),
    ...ticks(up).map(
      (tick) =>
        `<line class="axis" x1="${left}" x2="${width - right}" y1="${toY(tick)}" y2="${toY(tick)}"/><text class="faint" x="${left - 8}" y="${toY(tick) + 4}" text-anchor="end">${tick}</text>`,
    ),
  ];
  const drawn = Object.entries(lines).map(([name, points], index) => {
    const kind = index === 0 ? 'us' : 'them';
    const path = points.map((point) => `${toX(point.x).toFixed(1)},${toY(point.y).toFixed(1)}`).join(' ');
    const last = points.at(-1) ?? { x: 1, y: 1 };
    const dots = points.map(
      (point) => `<circle class="${kind}" cx="${toX(point.x).toFixed(1)}" cy="${toY(point.y).toFixed(1)}" r="4"/>`,
    );
    return `<polyline class="curve ${kind}" points="${path}"/>${dots.join('')}<text x="${toX(last.x) + 10}" y="${toY(last.y) + 4}">${escapeText(name)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(`${axes.y} by ${axes.x}`)}">
${grid.join('\n')}
${drawn.join('\n')}
<text class="faint" x="${left}" y="${height - 4}">${escapeText(axes.x)} → · ${escapeText(axes.y)} ↑</text></svg>`;
}

/** The powers of ten that enclose the values. */
function decades(values: readonly number[]): [low: number, high: number] {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function ticks([low, high]: [number, number]): number[] {
  return Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
}

function share(value: number, [low, high]: [number, number]): number {
  return (Math.log10(value) - low) / (high - low);
}

function x(offset: number): string {
  return (LEFT + offset).toFixed(1);
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
