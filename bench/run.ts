/**
 * Measures builds against whichever other builders are installed.
 *
 *     node --import tsx bench/run.ts [--runs N] [--warm-up N] [--peer NAME]... [--prune-docker] [CASE...]
 */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { busyboxRoot } from '../fixtures/bases/busybox.ts';
import { cacheRoot } from '../fixtures/cache.ts';
import { command } from '../fixtures/command.ts';
import { removeStore } from '../fixtures/rootless.ts';
import { TsbuildError, toTsbuildError } from '../src/base/error.ts';
import type { Case } from './cases/case.ts';
import { absenceOf, compare } from './compare.ts';
import { type CurveResult, measureCurve } from './curves/measure.ts';
import { curveTable } from './curves/report.ts';
import { thisMachine } from './machine.ts';
import { type Options, readOptions } from './options.ts';
import { buildahPeer, podmanPeer } from './peers/containers-storage.ts';
import { dockerPeer } from './peers/docker.ts';
import type { Peer } from './peers/peer.ts';
import { RUNTIMES, runtimePeer } from './peers/runtime.ts';
import { tsbuildPeer } from './peers/tsbuild.ts';
import { type CaseResult, describe, type Report, tableOf } from './report.ts';
import { measureTransfer, skopeoVersion } from './transfers.ts';
import { writeReport } from './write-report.ts';

async function bench(options: Options, directory: string): Promise<void> {
  const { peers, versions, absent } = await findPeers(options, directory);
  const { warmUp, runs } = options;
  const about: Omit<Report, 'results' | 'curves'> = {
    time: new Date().toISOString(),
    machine: await thisMachine(directory),
    repetition: { warmUp, runs },
    peers: versions,
    absent,
  };
  console.log(`${describe(about)}\n`);
  try {
    const base = await baseTar(directory);
    for (const peer of peers) await peer.importBase(base);
    const results: CaseResult[] = [];
    for (const benchCase of options.cases) {
      const context = join(directory, benchCase.name);
      mkdirSync(context);
      benchCase.prepare(context);
      const measurements = await compare(benchCase, peers, context, about.repetition);
      const { name, title, target } = benchCase;
      const result: CaseResult = { case: name, title, target, without: absences(peers, benchCase), measurements };
      results.push(result);
      console.log(`${tableOf(result)}\n`);
      rmSync(context, { recursive: true });
      for (const peer of peers) await peer.sweep?.();
    }
    for (const result of await transferResults(options, directory)) {
      results.push(result);
      console.log(`${tableOf(result)}\n`);
    }
    const curves: CurveResult[] = [];
    for (const curve of options.curves) {
      const result = await measureCurve(curve, directory, runs, (place) => freshPeer(place, base));
      curves.push(result);
      console.log(`${curveTable(result)}\n`);
    }
    console.log(writeReport({ ...about, results, curves }).join('\n'));
  } finally {
    for (const peer of peers) await peer.remove();
  }
}

async function transferResults({ transfers, warmUp, runs }: Options, directory: string): Promise<CaseResult[]> {
  if (transfers.length === 0) return [];
  const version = await skopeoVersion();
  console.log(version ?? 'skopeo or docker-registry is not installed: no transfer is measured');
  if (version === undefined) return [];
  const results: CaseResult[] = [];
  for (const transfer of transfers) {
    const place = join(directory, transfer.name);
    const { name, title, target } = transfer;
    const measurements = await measureTransfer(transfer, place, { warmUp, runs });
    results.push({ case: name, title, target, without: {}, measurements });
    await removeStore(place);
  }
  return results;
}

/** tsbuild with a store of its own that has nothing but the base. */
async function freshPeer(directory: string, base: string): Promise<Peer> {
  const peer = tsbuildPeer(directory);
  await peer.importBase(base);
  return peer;
}

function absences(peers: readonly Peer[], benchCase: Case): Record<string, string> {
  const builders = peers.filter(({ only }) => only === undefined);
  const reasons = builders.map((peer) => [peer.name, absenceOf(peer, benchCase)] as const);
  return Object.fromEntries(reasons.flatMap(([name, why]) => (why === undefined ? [] : [[name, why]])));
}

interface Found {
  peers: Peer[];
  versions: Record<string, string>;
  absent: string[];
}

async function findPeers(options: Options, directory: string): Promise<Found> {
  const known = [
    tsbuildPeer(directory),
    dockerPeer(options.pruneDocker),
    buildahPeer(directory),
    podmanPeer(directory),
    ...RUNTIMES.map((name) => runtimePeer(name, directory)),
  ];
  const asked = known.filter((peer) => options.peers.length === 0 || options.peers.includes(peer.name));
  const peers: Peer[] = [];
  const versions: Record<string, string> = {};
  for (const peer of asked) {
    const version = await peer.version();
    if (version === undefined) continue;
    peers.push(peer);
    versions[peer.name] = version;
  }
  if (peers.length === 0) throw new TsbuildError('USAGE', 'there is no builder to measure');
  const absent = asked.map((peer) => peer.name).filter((name) => versions[name] === undefined);
  return { peers, versions, absent };
}

/** A tar of the busybox root with every file owned by root: what each peer takes as its base. */
async function baseTar(directory: string): Promise<string> {
  const tar = join(directory, 'busybox.tar');
  await command('tar', ['-C', await busyboxRoot(), '--owner=0', '--group=0', '--numeric-owner', '-cf', tar, '.']);
  return tar;
}

/** The stores are on the disk that caches are on: /tmp may be in memory, and is then no measure. */
async function main(): Promise<void> {
  mkdirSync(cacheRoot(), { recursive: true });
  const directory = mkdtempSync(join(cacheRoot(), 'bench-'));
  try {
    await bench(readOptions(process.argv.slice(2)), directory);
  } catch (thrown) {
    const error = toTsbuildError(thrown);
    console.error([`error: ${error.message}`, ...error.notes, error.hint ?? ''].join('\n').trimEnd());
    process.exitCode = 1;
  } finally {
    await removeStore(directory);
  }
}

// Ctrl-C reaches the builder that runs; its failure ends the measurement, and what it left is removed.
process.once('SIGINT', () => {});
await main();
