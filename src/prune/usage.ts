import { join } from 'node:path';
import { BuildJournals } from '../journal/builds.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { blobUsage } from '../store/usage.ts';
import { cacheMounts } from './cache-mounts.ts';
import { diskUsage, namesIn } from './disk-usage.ts';
import { inventory } from './inventory.ts';

/** How much one kind of data takes, and how much of it `prune --all` would free. Bytes on the disk. */
export interface Usage {
  type: string;
  count: number;
  size: number;
  reclaimable: number;
}

const RECORD_KINDS = [
  'definitions',
  'results',
  'trees',
  'logs',
  'targets',
  'graphs',
  'compressed',
  'fingerprints',
  'copies',
  'syntax',
  'sources',
];

export async function usage(store: Store, snapshots: Snapshots): Promise<Usage[]> {
  const images = inventory(store, snapshots, { untagged: false, record: () => false });
  const ofImages: Usage = { type: 'images', count: images.images.length, size: 0, reclaimable: 0 };
  const ofBlobs: Usage = { type: 'blobs of the cache', count: 0, size: 0, reclaimable: 0 };
  for await (const { digest, size } of blobUsage(store.layout)) {
    if (images.blobs.has(digest)) ofImages.size += size;
    else {
      ofBlobs.count++;
      ofBlobs.size += size;
      ofBlobs.reclaimable += size;
    }
  }
  const mounts = cacheMounts(store).map(({ path }) => path);
  return [
    ofImages,
    ofBlobs,
    all('snapshots', snapshotPaths(snapshots)),
    all('cache mounts', mounts),
    held(
      'containers',
      store.containers.list().map(({ id }) => store.containers.path(id)),
    ),
    held(
      'volumes',
      store.volumes.list().map(({ name }) => store.volumes.data(name)),
    ),
    all('cache records', recordPaths(store)),
    all('journals of builds', journalPaths(store)),
  ];
}

function all(type: string, paths: readonly string[]): Usage {
  const seen = new Set<number>();
  const size = paths.reduce((sum, path) => sum + diskUsage(path, seen), 0);
  return { type, count: paths.length, size, reclaimable: size };
}

/** What prune leaves alone. */
function held(type: string, paths: readonly string[]): Usage {
  return { ...all(type, paths), reclaimable: 0 };
}

function journalPaths({ layout }: Store): string[] {
  const journals = new BuildJournals(layout);
  return journals.ids().map((id) => journals.directory(id));
}

function snapshotPaths(snapshots: Snapshots): string[] {
  return namesIn(snapshots.directory).map((id) => join(snapshots.directory, id));
}

function recordPaths({ records }: Store): string[] {
  return RECORD_KINDS.flatMap((kind) => [...records.keys(kind)].map((key) => records.path(kind, key)));
}
