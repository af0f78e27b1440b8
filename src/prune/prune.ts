import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { timeOfBuildId } from '../journal/build-id.ts';
import { BuildJournals } from '../journal/builds.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { removeTree } from '../store/remove-tree.ts';
import { blobUsage } from '../store/usage.ts';
import { cacheMounts } from './cache-mounts.ts';
import { diskUsage, namesIn } from './disk-usage.ts';
import { inventory, type Kept } from './inventory.ts';

export interface PruneOptions {
  /** The whole cache goes, and only images with a name stay. */
  all: boolean;
  /** Milliseconds: cache that was used within this time stays. */
  keepFor?: number | undefined;
  dryRun: boolean;
  now: number;
}

/** What is deleted and why; a line of the report. */
export interface Pruned {
  kind: 'image' | 'record' | 'snapshot' | 'blob' | 'cache mount' | 'build' | 'file';
  id: string;
  reason: string;
  /** Bytes on the disk. */
  size: number;
}

/**
 * Deletes what no image with a name and no kept cache record needs. The caller holds the store exclusively: no other
 * process has a session. Names go before what they name, so that an interruption leaves nothing that points nowhere.
 */
export async function prune(store: Store, snapshots: Snapshots, options: PruneOptions): Promise<Pruned[]> {
  const isRecent = (usedAt: number) =>
    !options.all && (options.keepFor === undefined || usedAt >= options.now - options.keepFor);
  const kept = inventory(store, snapshots, { untagged: false, record: isRecent });
  const pruned: Pruned[] = [];
  const drop = async (item: Pruned, remove: () => unknown) => {
    pruned.push(item);
    if (!options.dryRun) await remove();
  };
  await pruneImages(store, kept, drop);
  await pruneRecords(store, kept, options, drop);
  await pruneSnapshots(store, snapshots, kept, drop);
  await pruneBlobs(store, kept, drop);
  await pruneCacheMounts(store, isRecent, options, drop);
  await pruneBuilds(store, isRecent, drop);
  if (options.all) await pruneMachineState(store, drop);
  return pruned;
}

type Drop = (item: Pruned, remove: () => unknown) => Promise<void>;

async function pruneImages(store: Store, kept: Kept, drop: Drop): Promise<void> {
  const digests = new Set(kept.images.map((image) => image.descriptor.digest));
  for (const { descriptor } of store.images.list()) {
    if (digests.has(descriptor.digest)) continue;
    await drop({ kind: 'image', id: descriptor.digest, reason: 'has no name', size: 0 }, () =>
      store.images.remove(descriptor.digest),
    );
  }
}

/** Kinds of records that live as long as the result, layer or content they are about. */
async function pruneRecords(store: Store, kept: Kept, options: PruneOptions, drop: Drop): Promise<void> {
  const unused = options.all ? 'all cache is deleted' : 'was not used for long';
  const rules: [kind: string, isKept: (key: string) => boolean, reason: string][] = [
    ['definitions', (key) => kept.definitions.has(key), options.all ? unused : 'leads to no result, or was not used'],
    ['results', (key) => kept.results.has(key), unused],
    ['logs', (key) => kept.results.has(key), 'belongs to a deleted result'],
    ['targets', () => !options.all, unused],
    ['graphs', () => !options.all, unused],
    ['trees', (key) => kept.trees.has(key), 'belongs to a deleted result'],
    ['compressed', (key) => kept.blobs.has(`sha256:${key}`), 'belongs to a deleted layer'],
    ['fingerprints', () => !options.all, unused],
    ['copies', () => !options.all, unused],
    ['syntax', () => !options.all, unused],
    ['http', () => !options.all, unused],
    ['sources', (key) => !options.all || kept.blobs.has(`sha256:${key}`), unused],
  ];
  for (const [kind, isKept, reason] of rules) {
    for (const key of store.records.keys(kind)) {
      if (isKept(key)) continue;
      const size = diskUsage(store.records.path(kind, key));
      await drop({ kind: 'record', id: `${kind}/${key}`, reason, size }, () => store.records.remove(kind, key));
    }
  }
}

async function pruneSnapshots(store: Store, snapshots: Snapshots, kept: Kept, drop: Drop): Promise<void> {
  const chains = join(store.layout.base, 'chains');
  for (const name of namesIn(chains)) {
    const path = join(chains, name);
    if (kept.snapshots.has(readFileSync(path, 'utf8'))) continue;
    await drop(
      { kind: 'record', id: `chains/${name}`, reason: 'leads to a deleted snapshot', size: diskUsage(path) },
      () => rmSync(path),
    );
  }
  const seen = new Set<number>();
  for (const id of namesIn(snapshots.directory)) {
    if (kept.snapshots.has(id)) continue;
    const path = join(snapshots.directory, id);
    const reason = 'no cache record needs it';
    await drop({ kind: 'snapshot', id, reason, size: diskUsage(path, seen) }, () => removeTree(path));
  }
}

async function pruneBlobs(store: Store, kept: Kept, drop: Drop): Promise<void> {
  for await (const { digest, size } of blobUsage(store.layout)) {
    if (kept.blobs.has(digest)) continue;
    await drop({ kind: 'blob', id: digest, reason: 'no image and no snapshot needs it', size }, () =>
      store.content.remove(digest),
    );
  }
}

/** A cache mount belongs to no step: it lives by when it was used last. */
async function pruneCacheMounts(
  store: Store,
  isKept: (usedAt: number) => boolean,
  { all }: PruneOptions,
  drop: Drop,
): Promise<void> {
  for (const { path, id, usedAt, size } of cacheMounts(store)) {
    if (isKept(usedAt)) continue;
    const reason = all ? 'all cache is deleted' : 'was not used for long';
    await drop({ kind: 'cache mount', id, reason, size }, () => removeTree(path));
  }
}

async function pruneBuilds(store: Store, isKept: (usedAt: number) => boolean, drop: Drop): Promise<void> {
  const journals = new BuildJournals(store.layout);
  for (const id of journals.ids()) {
    if (isKept(timeOfBuildId(id))) continue;
    const size = diskUsage(journals.directory(id));
    await drop({ kind: 'build', id, reason: 'its journal is not kept any longer', size }, () => journals.remove(id));
  }
}

/** What only saves time on this machine, and is made again by the next build. */
async function pruneMachineState(store: Store, drop: Drop): Promise<void> {
  // A supervisor goes on to run the launcher.
  const isRunOn = store.containers.list().length > 0;
  for (const name of isRunOn ? ['stat', 'skeleton', 'git'] : ['stat', 'skeleton', 'bin', 'git']) {
    const path = join(store.layout.base, name);
    const size = diskUsage(path);
    if (size === 0) continue;
    await drop({ kind: 'file', id: name, reason: 'all cache is deleted', size }, () => removeTree(path));
  }
}

const UNITS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000, w: 604_800_000 };

/** `48h`, `7d`: a number and a unit, in milliseconds. */
export function parseAge(text: string): number {
  const [, count = '', unit = ''] = /^(\d{1,6})([smhdw])$/.exec(text) ?? [];
  const length = UNITS[unit];
  if (length !== undefined) return Number(count) * length;
  throw new TsbuildError('USAGE', `${JSON.stringify(text)} is not a time`, {
    hint: 'write a number with s, m, h, d or w, e.g. 48h',
  });
}
