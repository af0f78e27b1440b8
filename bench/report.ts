import type { Measurement, Repetition } from './compare.ts';
import type { CurveResult } from './curves/measure.ts';
import type { Machine } from './machine.ts';
import { type Summary, summarize } from './statistics.ts';

export interface CaseResult {
  case: string;
  title: string;
  /** Our time divided by BuildKit's is to be no more than this. */
  target?: number | undefined;
  /** Why builders that are installed took no part, by their names. */
  without: Readonly<Record<string, string>>;
  measurements: readonly Measurement[];
}

export interface Report {
  /** ISO 8601. */
  time: string;
  machine: Machine;
  repetition: Repetition;
  /** Version by name of those who took part. */
  peers: Readonly<Record<string, string>>;
  /** Names of peers that are not installed here, or whose engine does not run. */
  absent: readonly string[];
  results: readonly CaseResult[];
  curves: readonly CurveResult[];
}

const HEADINGS = ['', 'wall s', 'min–max', 'CPU s', 'peak MB', 'wall ratio'];

/** What was compared, where: the lines above the tables. */
export function describe(report: Omit<Report, 'results' | 'curves'>): string {
  const { cpu, cores, memory, kernel, fileSystem, node, user, load } = report.machine;
  return [
    `${cpu}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB, Linux ${kernel}, ${fileSystem}, Node ${node}`,
    ...Object.entries(report.peers).map(([name, version]) => `${name}: ${version}`),
    ...report.absent.map((name) => `${name}: not installed, or cannot build here`),
    `as ${user === 'root' ? 'root' : 'an ordinary user'}, load before ${load.toFixed(1)}, medians of ${report.repetition.runs} runs after ${report.repetition.warmUp} for warming up`,
  ].join('\n');
}

/** Whom the target is about: the first of the others that is measured. */
export function rivalOf({ measurements }: CaseResult): string {
  return measurements[1]?.peer ?? 'docker';
}

/** The table of one case. The ratio is ours to theirs: below 1 we are faster. */
export function tableOf(result: CaseResult): string {
  const walls = result.measurements.map((measurement) => summarize(measurement.runs.map((timing) => timing.wall)));
  const rows = result.measurements.map((measurement, index) => rowOf(measurement, walls[index], walls[0]));
  const target =
    result.target === undefined ? [] : [`to be reached: ${result.target.toFixed(2)} of the time of ${rivalOf(result)}`];
  const without = Object.entries(result.without).map(([name, why]) => `${name} takes no part: it ${why}`);
  return [result.title, ...align([HEADINGS, ...rows]), ...target, ...without].join('\n');
}

function rowOf(
  { peer, runs, peakMemory }: Measurement,
  wall: Summary | undefined,
  ours: Summary | undefined,
): string[] {
  if (wall === undefined || ours === undefined) return [peer];
  return [
    peer,
    wall.median.toFixed(3),
    `${wall.min.toFixed(3)}–${wall.max.toFixed(3)}`,
    summarize(runs.map((timing) => timing.cpu)).median.toFixed(3),
    (peakMemory / 1e6).toFixed(0),
    wall === ours ? '' : (ours.median / wall.median).toFixed(2),
  ];
}

function align(rows: readonly (readonly string[])[]): string[] {
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    row
      .map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0)))
      .join('  ')
      .trimEnd(),
  );
}
