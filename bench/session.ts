import { existsSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxRoot } from '../fixtures/bases/busybox.ts';
import { command } from '../fixtures/command.ts';
import { removeStore } from '../fixtures/rootless.ts';
import type { Case } from './cases/case.ts';
import { absenceOf, type Comparison, compare, reasonOf, settle } from './compare.ts';
import { measureCurve } from './curves/measure.ts';
import { curveTable } from './curves/report.ts';
import { thisMachine } from './machine.ts';
import type { Options } from './options.ts';
import { findPeers } from './peers/find.ts';
import type { Peer } from './peers/peer.ts';
import { tsbuildPeer } from './peers/tsbuild.ts';
import { type CaseResult, describe, hasFailures, type Report, tableOf } from './report.ts';
import { measureTransfer, skopeoVersion } from './transfers.ts';
import { writeReport } from './write-report.ts';

/**
 * Measures everything that is asked for, one thing after the other, and writes the report after each: what was measured
 * stays, whatever comes then. A case that fails is one with a reason instead of figures. False where one did, or where
 * the signal ended the session early.
 */
export async function bench(options: Options, directory: string, signal: AbortSignal): Promise<boolean> {
  const { peers, versions, absent } = await findPeers(options, directory);
  const report: Report = {
    time: new Date().toISOString(),
    complete: false,
    machine: await thisMachine(directory),
    repetition: { warmUp: options.warmUp, runs: options.runs },
    peers: versions,
    absent,
    results: [],
    curves: [],
  };
  console.log(`${describe(report)}\n`);
  const show = (table: string) => {
    console.log(`${table}\n`);
    writeReport(report);
  };
  try {
    const base = await baseTar(directory);
    for (const peer of peers) await peer.importBase(base);
    const contexts = new Contexts(directory, peers);
    for (const benchCase of options.cases) {
      if (signal.aborted) break;
      show(tableOf(added(report.results, await resultOf(benchCase, peers, contexts, options))));
    }
    await contexts.close();
    for await (const result of transferResults(options, directory, signal)) {
      show(tableOf(added(report.results, result)));
    }
    const fresh = (place: string) => freshPeer(place, base);
    for (const curve of options.curves) {
      if (signal.aborted) break;
      show(curveTable(added(report.curves, await measureCurve(curve, directory, options.runs, fresh))));
    }
    report.complete = !signal.aborted;
  } finally {
    console.log(writeReport(report).join('\n'));
    for (const peer of peers) await peer.remove();
  }
  return report.complete && !hasFailures(report);
}

function added<Item>(list: Item[], item: Item): Item {
  list.push(item);
  return item;
}

async function resultOf(
  benchCase: Case,
  peers: readonly Peer[],
  contexts: Contexts,
  repetition: Options,
): Promise<CaseResult> {
  const { name, title, target } = benchCase;
  const about = { case: name, title, target, without: absences(peers, benchCase) };
  try {
    const context = await contexts.open(benchCase);
    return { ...about, ...(await compare(benchCase, peers, context, repetition)) };
  } catch (error) {
    return { ...about, measurements: [], failures: { [name]: reasonOf(error) } };
  }
}

function absences(peers: readonly Peer[], benchCase: Case): Record<string, string> {
  const builders = peers.filter(({ only }) => only === undefined);
  const reasons = builders.map((peer) => [peer.name, absenceOf(peer, benchCase)] as const);
  return Object.fromEntries(reasons.flatMap(([name, why]) => (why === undefined ? [] : [[name, why]])));
}

/** The contexts of cases, one at a time: they are large, and so is what builders keep of them. */
class Contexts {
  readonly #directory: string;
  readonly #peers: readonly Peer[];
  #current: string | undefined;

  constructor(directory: string, peers: readonly Peer[]) {
    this.#directory = directory;
    this.#peers = peers;
  }

  async open({ context, prepare }: Case): Promise<string> {
    const path = join(this.#directory, 'contexts', context);
    if (this.#current === path && existsSync(path)) return path;
    await this.close();
    this.#current = path;
    mkdirSync(path, { recursive: true });
    prepare(path);
    await settle();
    return path;
  }

  async close(): Promise<void> {
    if (this.#current === undefined) return;
    rmSync(this.#current, { recursive: true, force: true });
    rmSync(`${this.#current}.tar`, { force: true });
    this.#current = undefined;
    for (const peer of this.#peers) {
      try {
        await peer.forget?.();
        await peer.sweep?.();
      } catch (error) {
        // Its next build fails as well, and is reported; the others have cases to come.
        console.error(`${peer.name} does not forget: ${reasonOf(error)}`);
      }
    }
  }
}

async function* transferResults(
  { transfers, warmUp, runs }: Options,
  directory: string,
  signal: AbortSignal,
): AsyncGenerator<CaseResult> {
  if (transfers.length === 0 || signal.aborted) return;
  const version = await skopeoVersion();
  console.log(version ?? 'skopeo or docker-registry is not installed: no transfer is measured');
  if (version === undefined) return;
  for (const transfer of transfers) {
    if (signal.aborted) return;
    const place = join(directory, transfer.name);
    const { name, title, target } = transfer;
    const comparison = await measureTransfer(transfer, place, { warmUp, runs }).then(
      (measurements): Comparison => ({ measurements, failures: {} }),
      (error: unknown): Comparison => ({ measurements: [], failures: { [name]: reasonOf(error) } }),
    );
    yield { case: name, title, target, without: {}, ...comparison };
    await removeStore(place);
  }
}

/** tsbuild with a store of its own that has nothing but the base. */
async function freshPeer(directory: string, base: string): Promise<Peer> {
  const peer = tsbuildPeer(directory);
  await peer.importBase(base);
  return peer;
}

/** A tar of the busybox root with every file owned by root: what each peer takes as its base. */
async function baseTar(directory: string): Promise<string> {
  const tar = join(directory, 'busybox.tar');
  await command('tar', ['-C', await busyboxRoot(), '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '.']);
  return tar;
}
