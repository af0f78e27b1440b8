import { fit, type Group } from './fit.ts';
import { type BuildModel, isCancelled, type StatusState, statusText, type VertexState } from './model.ts';
import type { Palette } from './palette.ts';
import { sanitize } from './sanitize.ts';
import type { LogTail } from './tail.ts';
import { formatSeconds } from './units.ts';
import { cut, displayWidth, expandTabs } from './width.ts';

export interface FrameOptions {
  now: number;
  /** The width that a row may fill. */
  columns: number;
  /** The rows that a frame may fill; undefined for the last frame, which shows every step. */
  rows: number | undefined;
  /** The end of the build, where it has come. */
  outcome: 'finished' | 'failed' | undefined;
  palette: Palette;
}

const TAB_STOP = 8;

/** The whole display of a moment: a header, a row for each vertex that has started, below it what it is doing. */
export function renderFrame(
  model: BuildModel,
  tails: ReadonlyMap<VertexState, LogTail>,
  options: FrameOptions,
): string[] {
  const groups = model.active.map((vertex) => groupOf(vertex, tails.get(vertex), options));
  const body =
    options.rows === undefined
      ? groups.flatMap((group) => [group.row, ...group.parts])
      : fit(groups, Math.max(options.rows - 1, 0));
  return [header(model, options), ...body];
}

function header(model: BuildModel, { now, columns, outcome, palette }: FrameOptions): string {
  const count = `(${model.completedCount}/${model.vertices.size})`;
  const end = outcome === undefined ? '' : ` ${outcome.toUpperCase()}`;
  const text = cut(`[+] Building ${formatSeconds(now - (model.begun ?? now))} ${count}${end}`, columns);
  if (outcome === undefined) return text;
  return outcome === 'failed' ? palette.failed(text) : palette.done(text);
}

function groupOf(vertex: VertexState, tail: LogTail | undefined, options: FrameOptions): Group {
  const running = vertex.completed === undefined && options.outcome === undefined;
  const end = vertex.completed ?? options.now;
  const name = sanitize(vertex.name, false);
  const row = timed(` => ${prefixOf(vertex)}${name}`, end - (vertex.started ?? end), options.columns);
  return {
    row: paintOf(vertex, options.palette)(row),
    parts: [...vertex.statuses.values()].map((status) => statusRow(status, end, options)),
    tail: running ? (tail?.lines() ?? []).map((line) => logRow(line, options)) : [],
    running,
  };
}

function prefixOf(vertex: VertexState): string {
  if (isCancelled(vertex)) return 'CANCELED ';
  if (vertex.error !== undefined) return 'ERROR ';
  return vertex.cached ? 'CACHED ' : '';
}

function paintOf(vertex: VertexState, palette: Palette): (text: string) => string {
  if (vertex.completed === undefined) return (text) => text;
  if (isCancelled(vertex)) return palette.cancelled;
  return vertex.error === undefined ? palette.done : palette.failed;
}

function statusRow(status: StatusState, end: number, { columns, palette }: FrameOptions): string {
  const text = ` => => ${sanitize(statusText(status), false)}`;
  const row = timed(text, (status.completed ?? end) - status.started, columns);
  return status.completed === undefined ? row : palette.done(row);
}

function logRow(line: string, { columns, palette }: FrameOptions): string {
  const text = expandTabs(sanitize(line, palette.color), TAB_STOP);
  return cut(`${palette.log(' => => #')} ${text}`, columns);
}

/** The text at the left and the seconds at the right edge. */
function timed(text: string, milliseconds: number, columns: number): string {
  const seconds = formatSeconds(milliseconds);
  const room = columns - seconds.length - 1;
  const left = cut(expandTabs(text, TAB_STOP), Math.max(room, 0));
  return cut(`${left}${' '.repeat(Math.max(room - displayWidth(left), 0))} ${seconds}`, columns);
}
