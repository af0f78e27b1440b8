import { wallOf } from '../statistics.ts';
import { curves, escapeText } from '../svg.ts';
import { type CurvePoint, type CurveResult, slopeOf } from './measure.ts';

/** The figures of a curve, and what one more costs. */
export function curveTable({ title, unit, lines, failures }: CurveResult): string {
  const rows = Object.entries(lines).flatMap(([name, points]) => [
    ...points.map((point) => `  ${name.padEnd(12)} ${rowOf(point, unit)}`),
    ...slopesOf(points, unit).map((line) => `  ${' '.repeat(12)} ${line}`),
  ]);
  return [title, ...rows, ...Object.entries(failures).map(([what, why]) => `  ${what} failed: ${why}`)].join('\n');
}

function rowOf(point: CurvePoint, unit: string): string {
  const size = `${point.size.toLocaleString('en-US')} ${unit}`;
  const wall = wallOf(point).median.toFixed(3);
  const memory = (point.peakMemory / 1e6).toFixed(0);
  return `${size.padStart(18)}  ${wall.padStart(9)} s  ${memory.padStart(5)} MB  ${runsOf(point)}`;
}

function runsOf({ runs }: CurvePoint): string {
  return runs.length === 1 ? '1 run' : `${runs.length} runs`;
}

function slopesOf(points: readonly CurvePoint[], unit: string): string[] {
  const slope = slopeOf(points);
  if (slope === undefined) return [];
  const one = unit === 'MiB' ? 'MiB' : unit.slice(0, -1);
  return [`at the end, one ${one} more: ${slope.time.toFixed(1)} µs, ${slope.memory.toFixed(0)} bytes of memory`];
}

/** Time and memory of a curve as two charts, with the figures below. */
export function curveSection(result: CurveResult): string {
  const { title, unit, lines, failures } = result;
  const points = (y: (point: CurvePoint) => number) =>
    Object.fromEntries(
      Object.entries(lines)
        .filter(([, line]) => line.length > 0)
        .map(([name, line]) => [name, line.map((point) => ({ x: point.size, y: y(point) }))]),
    );
  const slopes = Object.entries(lines).flatMap(([name, line]) =>
    slopesOf(line, unit).map((text) => `<p><b>${escapeText(name)}</b>, ${escapeText(text)}</p>`),
  );
  const failed = Object.entries(failures).map(
    ([what, why]) => `<p class="failed">${escapeText(`${what} failed: ${why}`)}</p>`,
  );
  const times = points((point) => wallOf(point).median);
  const charts =
    Object.keys(times).length === 0
      ? ''
      : `<div class="pair">${curves({ x: unit, y: 'seconds' }, times)}${curves({ x: unit, y: 'MB of memory' }, points(megabytesOf))}</div>`;
  return `<section><h2>${escapeText(title)}</h2>
${[...slopes, ...failed].join('\n')}
${charts}
${figures(result)}</section>`;
}

function megabytesOf({ peakMemory }: CurvePoint): number {
  return peakMemory / 1e6;
}

function figures({ unit, lines }: CurveResult): string {
  const rows = Object.entries(lines).flatMap(([name, points]) =>
    points.map((point) => {
      const { median, min, max } = wallOf(point);
      const cells = [
        point.size.toLocaleString('en-US'),
        `${median.toFixed(3)} s`,
        `${min.toFixed(3)}–${max.toFixed(3)}`,
        `${megabytesOf(point).toFixed(0)} MB`,
        String(point.runs.length),
      ];
      return `<tr><th scope="row">${escapeText(name)}</th>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
    }),
  );
  const heads = ['', unit, 'median', 'fastest–slowest', 'peak memory', 'runs'];
  return `<details><summary>figures</summary><table><thead><tr>${heads.map((head) => `<th scope="col">${escapeText(head)}</th>`).join('')}</tr></thead><tbody>${rows.join('')}</tbody></table></details>`;
}
