import { rmSync, statSync } from 'node:fs';
import type { Case } from './cases/case.ts';
import { peakMemory, run, type Timing, time } from './measure.ts';
import type { Job, Peer } from './peers/peer.ts';

export interface Measurement {
  peer: string;
  runs: readonly Timing[];
  /** Bytes. */
  peakMemory: number;
  /** Bytes of the archive, where one was written. */
  archiveSize?: number | undefined;
}

export interface Repetition {
  warmUp: number;
  runs: number;
}

/** Why a peer takes no part in a case; undefined where it does. */
export function absenceOf(peer: Peer, benchCase: Case): string | undefined {
  if (peer.only !== undefined && !peer.only.includes(benchCase.name)) return 'builds nothing';
  if (benchCase.cold && peer.forget === undefined) return 'would have to empty its cache (--prune-docker)';
  if (benchCase.bake && peer.bake === undefined) return 'has no bake';
  if (benchCase.archive && !peer.archives) return 'writes an archive with a command of its own only';
  if (benchCase.slow && peer.slow) return 'would take minutes for each build';
  return undefined;
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
  const peers = available.filter((peer) => absenceOf(peer, benchCase) === undefined);
  const job: Job = {
    context,
    tag: `tsbuild-bench/case-${benchCase.name}`,
    noCache: benchCase.noCache === true,
    archive: benchCase.archive ? `${context}.tar` : undefined,
  };
  const timings = new Map<Peer, Timing[]>(peers.map((peer) => [peer, []]));
  const build = (peer: Peer, what: Job) => (benchCase.bake ? peer.bake?.(what) : undefined) ?? peer.build(what);
  let edits = 0;

  async function ready(peer: Peer): Promise<void> {
    if (benchCase.cold) await peer.forget?.();
    benchCase.edit?.(context, edits++);
  }

  if (!benchCase.cold) for (const peer of peers) await run(build(peer, { ...job, noCache: false }));
  for (let round = -repetition.warmUp; round < repetition.runs; round++) {
    for (const peer of peers) {
      await ready(peer);
      const timing = await time(build(peer, job));
      if (round >= 0) timings.get(peer)?.push(timing);
    }
  }
  const measurements: Measurement[] = [];
  for (const peer of peers) {
    await ready(peer);
    measurements.push({
      peer: peer.name,
      runs: timings.get(peer) ?? [],
      peakMemory: await peakMemory(build(peer, job)),
      archiveSize: job.archive === undefined ? undefined : statSync(job.archive).size,
    });
  }
  if (job.archive !== undefined) rmSync(job.archive, { force: true });
  return measurements;
}
