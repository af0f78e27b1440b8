import type { Measurement, Repetition } from './compare.ts';
import type { CurveResult } from './curves/measure.ts';
import type { Machine } from './machine.ts';
import { summarize, wallOf } from './statistics.ts';

export interface CaseResult {
  case: string;
  title: string;
  /** Our time divided by BuildKit's is to be no more than this. */
  target?: number | undefined;
  /** Why builders that are installed took no part, by their names. */
  without: Readonly<Record<string, string>>;
  measurements: readonly Measurement[];
  /** Why there are no figures: by the names of builders, or by the case's where nobody could be measured. */
  failures: Readonly<Record<string, string>>;
}

export interface Report {
  /** ISO 8601. */
  time: string;
  /** False while there is more to measure, and for ever where the session was ended before. */
  complete: boolean;
  machine: Machine;
  repetition: Repetition;
  /** Version by name of those who took part. */
  peers: Readonly<Record<string, string>>;
  /** Names of peers that are not installed here, or whose engine does not run. */
  absent: readonly string[];
  results: CaseResult[];
  curves: CurveResult[];
}

const HEADINGS = ['', 'wall s', 'min–max', 'CPU s', 'peak MB', 'wall ratio', 'archive MB', 'size ratio'];

/** So many columns stand in every table. */
const FIXED = 6;

/** What was compared, where: the lines above the tables. */
export function describe(report: Report): string {
  const { cpu, cores, memory, kernel, fileSystem, node, user, load } = report.machine;
  return [
    `${cpu}, ${cores} cores, ${Math.round(memory / 2 ** 30)} GiB, Linux ${kernel}, ${fileSystem}, Node ${node}`,
    ...Object.entries(report.peers).map(([name, version]) => `${name}: ${version}`),
    ...report.absent.map((name) => `${name}: not installed, or cannot build here`),
    `as ${user === 'root' ? 'root' : 'an ordinary user'}, load before ${load.toFixed(1)}, medians of ${report.repetition.runs} runs after ${report.repetition.warmUp} for warming up`,
  ].join('\n');
}

/** Whom the target is about: the first of the others that is measured. */
export function rivalIn({ measurements }: CaseResult): Measurement | undefined {
  return measurements.find(({ peer }) => peer !== 'tsbuild');
}

/** The table of one case. The ratios are ours to theirs: below 1 we are faster, or the archive is smaller. */
export function tableOf(result: CaseResult): string {
  const rows = result.measurements.map((measurement) => rowOf(measurement, oursIn(result)));
  const target =
    result.target === undefined
      ? []
      : [`to be reached: ${result.target.toFixed(2)} of the time of ${rivalIn(result)?.peer ?? 'docker'}`];
  const without = Object.entries(result.without).map(([name, why]) => `${name} takes no part: it ${why}`);
  const failed = Object.entries(result.failures).map(([name, why]) => `${name} failed: ${why}`);
  return [result.title, ...align([HEADINGS, ...rows]), ...target, ...without, ...failed].join('\n');
}

/** Ours among the measurements; undefined where it is not measured, or failed. */
export function oursIn({ measurements }: CaseResult): Measurement | undefined {
  return measurements.find(({ peer }) => peer === 'tsbuild');
}

export function hasFailures({ results, curves }: Report): boolean {
  return [...results, ...curves].some(({ failures }) => Object.keys(failures).length > 0);
}

function rowOf(measurement: Measurement, ours: Measurement | undefined): string[] {
  const { peer, runs, peakMemory, archiveSize } = measurement;
  const wall = wallOf(measurement);
  const isOther = ours !== undefined && ours !== measurement;
  const ourSize = isOther ? ours.archiveSize : undefined;
  return [
    peer,
    wall.median.toFixed(3),
    `${wall.min.toFixed(3)}–${wall.max.toFixed(3)}`,
    summarize(runs.map((timing) => timing.cpu)).median.toFixed(3),
    (peakMemory / 1e6).toFixed(0),
    isOther ? (wallOf(ours).median / wall.median).toFixed(2) : '',
    archiveSize === undefined ? '' : (archiveSize / 1e6).toFixed(1),
    archiveSize === undefined || ourSize === undefined ? '' : (ourSize / archiveSize).toFixed(3),
  ];
}

/** Columns as wide as their cells, without those that have none. */
function align(rows: readonly (readonly string[])[]): string[] {
  const isUsed = (column: number) => column < FIXED || rows.slice(1).some((row) => (row[column] ?? '') !== '');
  const columns = HEADINGS.map((_, column) => column).filter(isUsed);
  const widths = HEADINGS.map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) =>
    columns
      .map((column) => (row[column] ?? '')[column === 0 ? 'padEnd' : 'padStart'](widths[column] ?? 0))
      .join('  ')
      .trimEnd(),
  );
}
