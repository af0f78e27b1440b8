import { curves, escapeText } from '../svg.ts';
import { type CurvePoint, type CurveResult, slopeOf, wallOf } from './measure.ts';

/** The figures of a curve, and what one more costs. */
export function curveTable({ title, unit, lines }: CurveResult): string {
  const rows = Object.entries(lines).flatMap(([name, points]) => [
    ...points.map((point) => `  ${name.padEnd(12)} ${rowOf(point, unit)}`),
    ...slopesOf(points, unit).map((line) => `  ${' '.repeat(12)} ${line}`),
  ]);
  return [title, ...rows].join('\n');
}

function rowOf(point: CurvePoint, unit: string): string {
  const size = `${point.size.toLocaleString('en-US')} ${unit}`;
  return `${size.padStart(18)}  ${wallOf(point).toFixed(3).padStart(9)} s  ${(point.peakMemory / 1e6).toFixed(0).padStart(5)} MB`;
}

function slopesOf(points: readonly CurvePoint[], unit: string): string[] {
  const slope = slopeOf(points);
  if (slope === undefined) return [];
  const one = unit === 'MiB' ? 'MiB' : unit.slice(0, -1);
  return [`at the end, one ${one} more: ${slope.time.toFixed(1)} µs, ${slope.memory.toFixed(0)} bytes`];
}

export function curveSection(result: CurveResult): string {
  const { title, unit, lines } = result;
  const points = Object.fromEntries(
    Object.entries(lines).map(([name, line]) => [name, line.map((point) => ({ x: point.size, y: wallOf(point) }))]),
  );
  const slopes = Object.entries(lines).flatMap(([name, line]) =>
    slopesOf(line, unit).map((text) => `${name}: ${text}`),
  );
  return `<section><h2>${escapeText(title)}</h2>
${slopes.map((text) => `<p>${escapeText(text)}</p>`).join('\n')}
${curves({ x: unit, y: 'seconds' }, points)}</section>`;
}
