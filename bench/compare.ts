import { statSync } from 'node:fs';
import { command } from '../fixtures/command.ts';
import { toTsbuildError } from '../src/base/error.ts';
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

export interface Comparison {
  measurements: readonly Measurement[];
  /** Why builders that took part have no figures, by their names. */
  failures: Readonly<Record<string, string>>;
}

export interface Repetition {
  /** At least one: in the first the memory is sampled. */
  warmUp: number;
  runs: number;
}

/** Why a peer takes no part in a case; undefined where it does. */
export function absenceOf(peer: Peer, benchCase: Case): string | undefined {
  if (peer.only !== undefined && !peer.only.includes(benchCase.name)) return 'builds nothing';
  if (benchCase.cold && peer.forget === undefined) return 'would have to empty its cache (--prune-docker)';
  if (benchCase.bake && peer.bake === undefined) return 'has no bake';
  if (benchCase.archive && !peer.archives) return 'writes an archive with a command of its own only';
  if (benchCase.slow && peer.slow) return 'would take about a minute or more for each build';
  return undefined;
}

/** A peer in a case, as long as nothing of it has failed. */
interface Entrant {
  peer: Peer;
  runs: Timing[];
  peakMemory: number;
  archiveSize: number | undefined;
}

/**
 * Measures a case with every peer in turn, A B A B: what changes on the machine meanwhile changes it for all. The
 * context is one and the same. Memory is sampled in the first round, whose time is not taken. A peer that fails is out;
 * the others go on.
 */
export async function compare(
  benchCase: Case,
  available: readonly Peer[],
  context: string,
  repetition: Repetition,
): Promise<Comparison> {
  const job: Job = {
    context,
    tag: `tsbuild-bench/case-${benchCase.context}`,
    noCache: benchCase.noCache === true,
    archive: benchCase.archive ? `${context}.tar` : undefined,
  };
  const build = (peer: Peer, what: Job) => (benchCase.bake ? peer.bake?.(what) : undefined) ?? peer.build(what);
  const failures: Record<string, string> = {};
  let entrants: Entrant[] = available
    .filter((peer) => absenceOf(peer, benchCase) === undefined)
    .map((peer) => ({ peer, runs: [], peakMemory: Number.NaN, archiveSize: undefined }));
  let edits = 0;

  async function inTurn(turn: (entrant: Entrant) => Promise<void>): Promise<void> {
    for (const entrant of entrants) {
      try {
        await turn(entrant);
      } catch (error) {
        failures[entrant.peer.name] = reasonOf(error);
      }
    }
    entrants = entrants.filter(({ peer }) => failures[peer.name] === undefined);
  }

  async function round(measure: (entrant: Entrant) => Promise<void>): Promise<void> {
    await inTurn(async (entrant) => {
      if (benchCase.cold) await entrant.peer.forget?.();
      benchCase.edit?.(context, edits++);
      await settle();
      await measure(entrant);
    });
  }

  if (!benchCase.cold) await inTurn(({ peer }) => run(build(peer, { ...job, noCache: false })));
  await round(async (entrant) => {
    entrant.peakMemory = await peakMemory(build(entrant.peer, job));
    if (job.archive !== undefined) entrant.archiveSize = statSync(job.archive).size;
  });
  for (let more = 1; more < repetition.warmUp; more++) await round(({ peer }) => run(build(peer, job)));
  for (let count = 0; count < repetition.runs; count++) {
    await round(async ({ peer, runs }) => void runs.push(await time(build(peer, job))));
  }
  return { measurements: entrants.map(({ peer, ...figures }) => ({ peer: peer.name, ...figures })), failures };
}

/** Nobody pays for what the build before left to be written to the disk. */
export async function settle(): Promise<void> {
  await command('sync', []);
}

/** The message, and the last line of what the command said. */
export function reasonOf(thrown: unknown): string {
  const { message, notes } = toTsbuildError(thrown);
  return [message, ...notes.slice(-1)].join(': ');
}
