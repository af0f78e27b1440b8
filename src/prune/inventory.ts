import { statSync } from 'node:fs';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import { type DefinitionRecord, isDefinitionRecord, isResultRecord, type ResultRecord } from '../graph/records.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/types.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { StoredImage } from '../store/images.ts';
import type { Store } from '../store/open.ts';

/** What may stay, before anything is deleted: everything that a kept image, a container or a kept cache record leads to. */
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
  /**
   * Whether a cache record that was last used at this time (milliseconds since the epoch) is kept. A kept definition
   * keeps those of its inputs: a hit stands for everything behind it, which is not looked up and so not marked as used.
   */
  record: (usedAt: number) => boolean;
}

/** Follows images and records to all that they need. */
export function inventory(store: Store, snapshots: Snapshots, policy: KeepPolicy): Kept {
  const containers = store.containers.list();
  const used = new Set(containers.map(({ image }) => image.manifest));
  const images = store.images
    .list()
    .filter((image) => policy.untagged || image.reference !== undefined || used.has(image.descriptor.digest));
  const { results, definitions } = keptRecords(store, snapshots, policy);
  const live = liveSnapshots(
    [
      ...[...results.values()].map(({ value }) => snapshotOf(value) ?? null),
      ...containers.map((held) => held.snapshot),
    ],
    snapshots,
  );
  return {
    images,
    results: new Set(results.keys()),
    definitions,
    snapshots: live,
    blobs: withCompressed(
      store,
      new Set([
        ...images.flatMap((image) => blobsOf(store, image.descriptor)),
        ...containers.flatMap(({ image }) => [image.manifest, image.id]),
        ...blobsOfSnapshots(live, snapshots),
      ]),
    ),
    trees: new Set(
      [...results.values()].flatMap(({ preImage }) =>
        isDigestText(preImage.material) ? hexOf(preImage.material) : [],
      ),
    ),
  };
}

interface Records {
  results: Map<string, ResultRecord>;
  definitions: Set<string>;
}

function keptRecords(store: Store, snapshots: Snapshots, { record: keep }: KeepPolicy): Records {
  const usable = usableResults(store, snapshots);
  const definitions = readRecords<DefinitionRecord>(store, 'definitions', isDefinitionRecord);
  const results = new Map([...usable].filter(([key]) => keep(usedAt(store, 'results', key))));
  const kept = new Set<string>();
  const pending = [...definitions.keys()].filter((key) => keep(usedAt(store, 'definitions', key)));
  for (let key = pending.pop(); key !== undefined; key = pending.pop()) {
    const definition = definitions.get(key);
    const content = definition && hexOf(definition.content);
    const result = content === undefined ? undefined : usable.get(content);
    if (definition === undefined || content === undefined || result === undefined || kept.has(key)) continue;
    kept.add(key);
    results.set(content, result);
    pending.push(...definition.preImage.inputs.filter(isDigestText).map(hexOf));
  }
  return { results, definitions: kept };
}

/** Results whose snapshots are all here; any other one will not be hit again. */
function usableResults(store: Store, snapshots: Snapshots): Map<string, ResultRecord> {
  const results = readRecords<ResultRecord>(store, 'results', isResultRecord);
  for (const [key, { value }] of results) {
    const top = snapshotOf(value);
    if (top !== undefined && !snapshots.complete(top)) results.delete(key);
  }
  return results;
}

function readRecords<T>(
  { records }: Store,
  kind: 'results' | 'definitions',
  isRecord: (value: unknown) => value is T,
): Map<string, T> {
  const found = new Map<string, T>();
  for (const key of records.keys(kind)) {
    const record = records.get(kind, key);
    if (isRecord(record)) found.set(key, record);
  }
  return found;
}

/** The topmost snapshot of a value, null for an empty root; undefined where a value is about something else. */
function snapshotOf(value: unknown): string | null | undefined {
  const snapshot = (value as { snapshot?: unknown } | null)?.snapshot;
  return typeof snapshot === 'string' || snapshot === null ? snapshot : undefined;
}

function usedAt(store: Store, kind: string, key: string): number {
  return statSync(store.records.path(kind, key), { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

function liveSnapshots(tops: readonly (string | null)[], snapshots: Snapshots): Set<string> {
  const live = new Set<string>();
  for (const top of tops) {
    for (let id = top; id !== null && !live.has(id); ) {
      live.add(id);
      live.add(snapshots.owner(id));
      id = snapshots.meta(id)?.parent ?? null;
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

/** The compressed form of a kept layer spares the next push. */
function withCompressed(store: Store, blobs: ReadonlySet<Digest>): Set<Digest> {
  const all = new Set(blobs);
  for (const blob of blobs) {
    const forms = (store.records.get('compressed', hexOf(blob)) ?? {}) as Record<string, { digest?: Digest }>;
    for (const { digest } of Object.values(forms)) if (digest !== undefined) all.add(digest);
  }
  return all;
}

function isDigestText(material: unknown): material is Digest {
  return typeof material === 'string' && isDigest(material);
}
