import { createColors } from 'picocolors';
import { sanitize } from '../progress/sanitize.ts';
import type { ReportData, ReportStep } from '../report/types.ts';
import { ago, size, table } from './table.ts';

/** As many steps as are worth a look. */
const MAX_STEPS = 10;

/** The report for a terminal: the numbers, the path that the build waited for, and what a hit would have saved. */
export function reportText(report: ReportData, { color }: { color: boolean }): string {
  const colors = createColors(color);
  const shown = report.steps.filter(({ internal }) => !internal);
  const hits = shown.filter(({ outcome }) => outcome === 'hit');
  const saved = hits.reduce((sum, step) => sum + (step.saved ?? 0), 0);
  const against = report.before && `, ${change(report.duration - report.before.duration)} against ${report.before.id}`;
  const head = [
    `${colors.bold(report.title)}  ${report.outcome} in ${seconds(report.duration)}${against ?? ''}`,
    `${report.id}, ${ago(new Date(report.started).toISOString())}: ${shown.length} steps, ${hits.length} from the cache, which saved ${seconds(saved)}`,
    ...(report.error === undefined ? [] : [colors.red(report.error)]),
  ];
  const path = report.critical.map((at) => report.steps[at] as ReportStep);
  const misses = shown.filter(({ reason }) => reason !== undefined).slice(0, MAX_STEPS);
  return [
    head.join('\n'),
    part('The build waited for', path.length === 0 ? [] : [pathTable(path)]),
    part(
      'Why steps were executed',
      misses.map(({ name, reason = '' }) => `  ${line(name)}\n    ${colors.dim(line(reason))}\n`),
    ),
  ]
    .filter((text) => text !== '')
    .map((text) =>
      text
        .trimEnd()
        .split('\n')
        .map((shown) => sanitize(shown, color))
        .join('\n'),
    )
    .join('\n\n')
    .concat('\n');

  function part(title: string, lines: readonly string[]): string {
    return lines.length === 0 ? '' : `${colors.bold(title)}\n${lines.join('')}`;
  }
}

function pathTable(path: readonly ReportStep[]): string {
  const longest = [...path].sort((a, b) => tookOf(b) - tookOf(a)).slice(0, MAX_STEPS);
  const rows = path
    .filter((step) => longest.includes(step))
    .map((step) => [
      seconds(tookOf(step)),
      step.saves === undefined || step.saves < 1 ? '-' : `-${seconds(step.saves)}`,
      step.layer === undefined ? '-' : size(step.layer.bytes),
      line(step.name),
    ]);
  return table(['TOOK', 'IF CACHED', 'LAYER', 'STEP'], rows);
}

function tookOf({ start = 0, end = 0 }: ReportStep): number {
  return end - start;
}

function line(text: string): string {
  return text.replace(/\s+/g, ' ');
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 2 : 1)} s`;
}

function change(milliseconds: number): string {
  return `${milliseconds < 0 ? '-' : '+'}${seconds(Math.abs(milliseconds))}`;
}
