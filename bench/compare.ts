import type { Case } from './cases/case.ts';
import { peakMemory, run, type Timing, time } from './measure.ts';
import type { Job, Peer } from './peers/peer.ts';

export interface Measurement {
  peer: string;
  runs: readonly Timing[];
  /** Bytes. */
  peakMemory: number;
}

export interface Repetition {
  warmUp: number;
  runs: number;
}

/**
 * Measures a case with every peer in turn, A B A B: what changes on the machine meanwhile changes it for all. The
 * context is one and the same. Memory is sampled in one more build of each, after all times are taken.
 */
export async function compare(
  benchCase: Case,
  available: readonly Peer[],
  context: string,
  repetition: Repetition,
): Promise<Measurement[]> {
  const peers = available.filter((peer) => !benchCase.cold || peer.forget !== undefined);
  const job: Job = { context, tag: `tsbuild-bench/case-${benchCase.name}`, noCache: benchCase.noCache === true };
  const timings = new Map<Peer, Timing[]>(peers.map((peer) => [peer, []]));
  let edits = 0;

  async function ready(peer: Peer): Promise<void> {
    if (benchCase.cold) await peer.forget?.();
    benchCase.edit?.(context, edits++);
  }

  if (!benchCase.cold) for (const peer of peers) await run(peer.build({ ...job, noCache: false }));
  for (let round = -repetition.warmUp; round < repetition.runs; round++) {
    for (const peer of peers) {
      await ready(peer);
      const timing = await time(peer.build(job));
      if (round >= 0) timings.get(peer)?.push(timing);
    }
  }
  const measurements: Measurement[] = [];
  for (const peer of peers) {
    await ready(peer);
    measurements.push({
      peer: peer.name,
      runs: timings.get(peer) ?? [],
      peakMemory: await peakMemory(peer.build(job)),
    });
  }
  return measurements;
}
