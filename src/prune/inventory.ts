import { statSync } from 'node:fs';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import type { DefinitionRecord, ResultRecord } from '../graph/records.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/types.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { StoredImage } from '../store/images.ts';
import type { Store } from '../store/open.ts';

/** What may stay, before anything is deleted: everything that a kept image or a kept cache record leads to. */
export interface Kept {
  images: readonly StoredImage[];
  /** Keys of results and definitions, in hexadecimal. */
  results: ReadonlySet<string>;
  definitions: ReadonlySet<string>;
  snapshots: ReadonlySet<string>;
  blobs: ReadonlySet<Digest>;
  /** Content digests whose text a kept record may be explained with. */
  trees: ReadonlySet<string>;
}

export interface KeepPolicy {
  /** Whether images without a name are kept. */
  untagged: boolean;
  /** Whether a result that was last used at this time (milliseconds since the epoch) is kept. */
  result: (usedAt: number) => boolean;
}

/** Follows images and records to all that they need. */
export function inventory(store: Store, snapshots: Snapshots, policy: KeepPolicy): Kept {
  const images = store.images.list().filter((image) => policy.untagged || image.reference !== undefined);
  const results = new Map<string, ResultRecord>();
  for (const key of store.records.keys('results')) {
    const record = store.records.get('results', key) as ResultRecord | undefined;
    if (record !== undefined && policy.result(usedAt(store, 'results', key))) results.set(key, record);
  }
  const live = liveSnapshots([...results.values()], snapshots);
  const definitions = new Set<string>();
  for (const key of store.records.keys('definitions')) {
    const record = store.records.get('definitions', key) as DefinitionRecord | undefined;
    if (record !== undefined && results.has(hexOf(record.content))) definitions.add(key);
  }
  return {
    images,
    results: new Set(results.keys()),
    definitions,
    snapshots: live,
    blobs: withCompressed(
      store,
      new Set([...images.flatMap((image) => blobsOf(store, image.descriptor)), ...blobsOfSnapshots(live, snapshots)]),
    ),
    trees: new Set(
      [...results.values()].flatMap(({ preImage }) =>
        isDigestText(preImage.material) ? hexOf(preImage.material) : [],
      ),
    ),
  };
}

function usedAt(store: Store, kind: string, key: string): number {
  return statSync(store.records.path(kind, key), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function liveSnapshots(records: readonly ResultRecord[], snapshots: Snapshots): Set<string> {
  const live = new Set<string>();
  for (const { value } of records) {
    const top = (value as { snapshot?: unknown } | null)?.snapshot;
    for (let id = typeof top === 'string' ? top : null; id !== null && !live.has(id); ) {
      const meta = snapshots.meta(id);
      if (meta === undefined) break;
      live.add(id);
      id = meta.parent;
    }
  }
  return live;
}

/** A layer's blob is kept with its snapshot: it may be the only copy, and making it again costs time. */
function blobsOfSnapshots(live: ReadonlySet<string>, snapshots: Snapshots): Digest[] {
  return [...live].flatMap((id) => {
    const meta = snapshots.meta(id);
    const packed = Object.values(meta?.packed ?? {}).map(({ diffId }) => diffId);
    return meta?.origin === undefined ? packed : [...packed, meta.origin.descriptor.digest];
  });
}

function blobsOf(store: Store, descriptor: Descriptor): Digest[] {
  const { digest, mediaType } = descriptor;
  if (!store.content.has(digest)) return [digest];
  const bytes = store.content.readBytes(digest, MAX_MANIFEST_SIZE);
  if (isIndexType(mediaType)) {
    return [digest, ...parseIndex(bytes, mediaType).manifests.flatMap((manifest) => blobsOf(store, manifest))];
  }
  const { config, layers } = parseManifest(bytes, mediaType);
  return [digest, config.digest, ...layers.map((layer) => layer.digest)];
}

/** The gzip of a kept layer spares the next push. */
function withCompressed(store: Store, blobs: ReadonlySet<Digest>): Set<Digest> {
  const all = new Set(blobs);
  for (const blob of blobs) {
    const record = store.records.get('gzip', hexOf(blob)) as { digest?: Digest } | undefined;
    if (record?.digest !== undefined) all.add(record.digest);
  }
  return all;
}

function isDigestText(material: unknown): material is Digest {
  return typeof material === 'string' && isDigest(material);
}
