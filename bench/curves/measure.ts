import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { reasonOf, settle } from '../compare.ts';
import { peakMemory, run, type Timing, time } from '../measure.ts';
import type { Peer } from '../peers/peer.ts';
import { wallOf } from '../statistics.ts';
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
  /** Why points are missing, by line and size. */
  failures: Readonly<Record<string, string>>;
}

/** What one more unit costs, by the two largest sizes. */
export interface Slope {
  /** Microseconds of wall time. */
  time: number;
  /** Bytes of peak memory. */
  memory: number;
}

/** Seconds of measured builds after which a point has runs enough, be they fewer: the largest take minutes. */
const ENOUGH = 20;

/** Measures tsbuild alone, at one size after the other, each in a store of its own. */
export async function measureCurve(
  curve: Curve,
  directory: string,
  runs: number,
  peerIn: (directory: string) => Promise<Peer>,
): Promise<CurveResult> {
  const lines = Object.fromEntries(Object.keys(curve.lines).map((name) => [name, [] as CurvePoint[]]));
  const failures: Record<string, string> = {};
  for (const size of curve.sizes) {
    const place = join(directory, `${curve.name}-${size}`);
    const context = join(place, 'context');
    try {
      mkdirSync(context, { recursive: true });
      const cases = Object.entries(curve.lines).map(([name, at]) => [name, at(size)] as const);
      cases[0]?.[1].prepare(context);
      const peer = await peerIn(place);
      for (const [, line] of cases) line.fill?.(join(place, 'tsbuild'));
      for (const [name, line] of cases) lines[name]?.push({ size, ...(await measureLine(line, peer, context, runs)) });
      await peer.remove();
    } catch (error) {
      failures[`${size.toLocaleString('en-US')} ${curve.unit}`] = reasonOf(error);
    }
    rmSync(place, { recursive: true, force: true });
  }
  return { curve: curve.name, title: curve.title, unit: curve.unit, lines, failures };
}

/** The first build is there for the memory: its time is not taken. */
async function measureLine(
  line: CurveCase,
  peer: Peer,
  context: string,
  runs: number,
): Promise<Omit<CurvePoint, 'size'>> {
  const build = (noCache: boolean) => peer.build({ context, tag: 'tsbuild-bench/curve', noCache });
  if (!line.cold) await run(build(false));
  let edits = 0;
  const ready = async () => {
    if (line.cold) await peer.forget?.();
    line.edit?.(context, edits++);
    await settle();
  };
  await ready();
  const peak = await peakMemory(build(line.noCache === true));
  const timings: Timing[] = [];
  for (let spent = 0; timings.length < runs && spent < ENOUGH; ) {
    await ready();
    const timing = await time(build(line.noCache === true));
    timings.push(timing);
    spent += timing.wall;
  }
  return { runs: timings, peakMemory: peak };
}

export function slopeOf(points: readonly CurvePoint[]): Slope | undefined {
  const [before, last] = points.slice(-2);
  if (before === undefined || last === undefined) return undefined;
  const more = last.size - before.size;
  return {
    time: ((wallOf(last).median - wallOf(before).median) / more) * 1e6,
    memory: (last.peakMemory - before.peakMemory) / more,
  };
}
