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

const WIDTH = 520;
const LEFT = 76;
const RIGHT = 200;
const ROW = 22;
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

/** A part of a whole that is the same for all rows. */
export interface Share {
  name: string;
  share: number;
  /** Where the mark stands. */
  target?: number | undefined;
  rival: string;
}

const SHARES = { width: 860, left: 110, right: 190, row: 24 };

/** Bars of shares: the whole is pale behind each, and what is longer than its mark has another colour. */
export function shares(rows: readonly Share[]): string {
  const { width, left, right, row } = SHARES;
  const longest = Math.max(1, ...rows.flatMap(({ share, target = 0 }) => [share, target]));
  const scale = (width - left - right) / longest;
  const drawn = rows.map(({ name, share, target, rival }, index) => {
    const y = index * row;
    const kind = target !== undefined && share > target ? 'over' : 'us';
    const end = (value: number) => (left + value * scale).toFixed(1);
    const mark =
      target === undefined ? '' : `<path class="mark" d="M${end(target)} ${y + 1}v20"><title>${target}</title></path>`;
    const goal = target === undefined ? '' : `, to be ${target.toFixed(2)}`;
    return `<text x="${left - 10}" y="${y + 15}" text-anchor="end">${escapeText(name)}</text>
<rect class="whole" x="${left}" y="${y + 3}" width="${scale.toFixed(1)}" height="16" rx="2"/>
<rect class="${kind}" x="${left}" y="${y + 3}" width="${(share * scale).toFixed(1)}" height="16" rx="2"/>${mark}
<text x="${Number(end(longest)) + 12}" y="${y + 15}">${share.toFixed(2)} <tspan class="faint">of ${escapeText(`${rival}${goal}`)}</tspan></text>`;
  });
  return `<svg viewBox="0 0 ${width} ${rows.length * row + 4}" role="img" aria-label="shares of time">
${drawn.join('\n')}</svg>`;
}

/** A point of a curve. */
export interface Point {
  x: number;
  y: number;
}

const PLOT = { width: 480, height: 280, left: 50, right: 86, top: 14, bottom: 44 };

/** Curves on two logarithmic axes, on which a cost that grows linearly is as steep as the dashed line. */
export function curves(axes: { x: string; y: string }, lines: Readonly<Record<string, readonly Point[]>>): string {
  const all = Object.values(lines).flat();
  const across = decades(all.map((point) => point.x));
  const up = decades(all.map((point) => point.y));
  const { width, height, left, right, top, bottom } = PLOT;
  const toX = (value: number) => round(left + share(value, across) * (width - left - right));
  const toY = (value: number) => round(height - bottom - share(value, up) * (height - top - bottom));
  const grid = [
    ...ticks(across).map((tick) => {
      const at = toX(tick);
      return `<path class="axis" d="M${at} ${top}V${height - bottom}"/><text class="faint" x="${at}" y="${height - bottom + 17}" text-anchor="middle">${shortly(tick)}</text>`;
    }),
    ...ticks(up).map((tick) => {
      const at = toY(tick);
      return `<path class="axis" d="M${left} ${at}H${width - right}"/><text class="faint" x="${left - 8}" y="${at + 4}" text-anchor="end">${shortly(tick)}</text>`;
    }),
  ];
  const drawn = Object.entries(lines).map(([name, points], index) => {
    const kind = index === 0 ? 'us' : 'them';
    const path = points.map((point) => `${toX(point.x)},${toY(point.y)}`).join(' ');
    const last = points.at(-1) ?? { x: 1, y: 1 };
    const dots = points.map(
      ({ x, y }) =>
        `<circle class="${kind}" cx="${toX(x)}" cy="${toY(y)}" r="4"><title>${x.toLocaleString('en-US')} ${escapeText(axes.x)}: ${y.toPrecision(3)} ${escapeText(axes.y)}</title></circle>`,
    );
    return `<polyline class="curve ${kind}" points="${path}"/>${dots.join('')}<text x="${toX(last.x) + 9}" y="${toY(last.y) + 4}">${escapeText(name)}</text>`;
  });
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeText(`${axes.y} by ${axes.x}`)}">
${grid.join('\n')}
${proportion(across, up, toX, toY)}
${drawn.join('\n')}
<text class="faint" x="${left}" y="${height - 6}">${escapeText(axes.x)} → · ${escapeText(axes.y)} ↑</text></svg>`;
}

type Decades = [low: number, high: number];

/** The line of what grows in proportion, through the corner at the top on the right. */
function proportion(across: Decades, up: Decades, toX: (x: number) => number, toY: (y: number) => number): string {
  const span = Math.min(across[1] - across[0], up[1] - up[0]);
  const [fromX, fromY] = [10 ** (across[1] - span), 10 ** (up[1] - span)];
  const d = `M${toX(fromX)} ${toY(fromY)}L${toX(10 ** across[1])} ${toY(10 ** up[1])}`;
  return `<path class="proportion" d="${d}"/>`;
}

/** 1000 as 1k, a million as 1M. */
function shortly(value: number): string {
  if (value >= 1e6) return `${value / 1e6}M`;
  return value >= 1000 ? `${value / 1000}k` : String(value);
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}

/** The powers of ten that enclose the values. */
function decades(values: readonly number[]): Decades {
  const low = Math.floor(Math.log10(Math.min(...values)));
  return [low, Math.max(low + 1, Math.ceil(Math.log10(Math.max(...values))))];
}

function ticks([low, high]: Decades): number[] {
  return Array.from({ length: high - low + 1 }, (_, index) => Number(`1e${low + index}`));
}

function share(value: number, [low, high]: Decades): number {
  return (Math.log10(value) - low) / (high - low);
}

function x(offset: number): string {
  return (LEFT + offset).toFixed(1);
}

export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
}
