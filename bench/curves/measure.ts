import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { peakMemory, run, type Timing, time } from '../measure.ts';
import type { Peer } from '../peers/peer.ts';
import { summarize } from '../statistics.ts';
import type { Curve, CurveCase } from './curve.ts';

export interface CurvePoint {
  size: number;
  runs: readonly Timing[];
  /** Bytes. */
  peakMemory: number;
}

export interface CurveResult {
  curve: string;
  title: string;
  unit: string;
  lines: Readonly<Record<string, readonly CurvePoint[]>>;
}

/** What one more unit costs, by the two largest sizes. */
export interface Slope {
  /** Microseconds of wall time. */
  time: number;
  /** Bytes of peak memory. */
  memory: number;
}

/** Measures tsbuild alone, at one size after the other, each in a store of its own. */
export async function measureCurve(
  curve: Curve,
  directory: string,
  runs: number,
  peerIn: (directory: string) => Promise<Peer>,
): Promise<CurveResult> {
  const lines = Object.fromEntries(Object.keys(curve.lines).map((name) => [name, [] as CurvePoint[]]));
  for (const size of curve.sizes) {
    const place = join(directory, `${curve.name}-${size}`);
    const context = join(place, 'context');
    mkdirSync(context, { recursive: true });
    const cases = Object.entries(curve.lines).map(([name, at]) => [name, at(size)] as const);
    cases[0]?.[1].prepare(context);
    const peer = await peerIn(place);
    for (const [, line] of cases) line.fill?.(join(place, 'tsbuild'));
    for (const [name, line] of cases) lines[name]?.push({ size, ...(await measureLine(line, peer, context, runs)) });
    await peer.remove();
    rmSync(place, { recursive: true, force: true });
  }
  return { curve: curve.name, title: curve.title, unit: curve.unit, lines };
}

async function measureLine(
  line: CurveCase,
  peer: Peer,
  context: string,
  runs: number,
): Promise<Omit<CurvePoint, 'size'>> {
  const build = (noCache: boolean) => peer.build({ context, tag: 'tsbuild-bench/curve', noCache });
  if (!line.cold) await run(build(false));
  const ready = async (edit: number) => {
    if (line.cold) await peer.forget?.();
    line.edit?.(context, edit);
  };
  const timings: Timing[] = [];
  for (let round = 0; round < runs; round++) {
    await ready(round);
    timings.push(await time(build(line.noCache === true)));
  }
  await ready(runs);
  return { runs: timings, peakMemory: await peakMemory(build(line.noCache === true)) };
}

export function wallOf({ runs }: CurvePoint): number {
  return summarize(runs.map(({ wall }) => wall)).median;
}

export function slopeOf(points: readonly CurvePoint[]): Slope | undefined {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const more = last.size - before.size;
  return {
    time: ((wallOf(last) - wallOf(before)) / more) * 1e6,
    memory: (last.peakMemory - before.peakMemory) / more,
  };
}
