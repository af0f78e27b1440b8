import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import { type Digest, digestOf, hexOf } from '../base/digest.ts';
import { compressedLayer, needsContent } from '../export/compress.ts';
import { nameInLayout, REF_NAME } from '../export/layout-directory.ts';
import { forEachParallel, pushBlob } from '../export/push.ts';
import { OCI_MANIFEST } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import type { Descriptor, Manifest } from '../oci/types.ts';
import type { LayerProgress } from '../ops/base-layers.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Store } from '../store/open.ts';
import { CACHE_CONFIG, type CacheDocument, type CachedLayer, formatCache } from './format.ts';
import type { CacheTo } from './options.ts';
import type { ReadCache } from './read.ts';

export interface ExporterContext {
  store: Store;
  images: ImageSource;
  signal: AbortSignal;
  progress: LayerProgress;
  /** The caches that this build has read: what is there already is not sent again. */
  read: readonly ReadCache[];
  /** What the cache mounts in it need. */
  mountBlobs?: readonly Descriptor[] | undefined;
}

/** A cache as it is stored: an image manifest, of which the configuration holds the records. */
interface Packed {
  config: Buffer;
  manifest: Manifest;
  bytes: Buffer;
}

const PARALLEL = 3;

/** Brings a cache to its place. What is there already is not sent again, and where nothing is new nothing is. */
export async function exportCache(
  document: CacheDocument,
  to: Exclude<CacheTo, { type: 'inline' }>,
  context: ExporterContext,
): Promise<void> {
  const packed = await pack(document, to, context);
  if (to.type === 'registry') await push(packed, to.reference, context);
  else await writeLayout(packed, to, context);
}

/** Layers of base images stay where they are; all others go along, compressed. */
async function pack(
  document: CacheDocument,
  { compression }: Exclude<CacheTo, { type: 'inline' }>,
  { store, images, signal, progress, mountBlobs = [] }: ExporterContext,
): Promise<Packed> {
  const layers: CachedLayer[] = [];
  const carried = new Map<Digest, Descriptor>();
  for (const layer of document.layers) {
    const descriptor = layer.blob as Descriptor;
    if (layer.made === undefined && store.sources.sourcesOf(descriptor.digest).length > 0) {
      layers.push(layer);
      continue;
    }
    if (needsContent(descriptor, compression)) await images.ensureBlob(descriptor, progress, signal);
    const blob = await compressedLayer(descriptor, store, signal, compression);
    carried.set(blob.digest, blob);
    layers.push({ ...layer, blob });
  }
  const config = Buffer.from(JSON.stringify(formatCache({ ...document, layers })));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: CACHE_CONFIG, digest: digestOf(config), size: config.length },
    layers: [...carried.values(), ...mountBlobs],
  };
  return { config, manifest, bytes: Buffer.from(JSON.stringify(manifest)) };
}

async function push({ config, manifest, bytes }: Packed, name: string, context: ExporterContext): Promise<void> {
  const { store, images, signal, progress } = context;
  const reference = parseReference(name);
  const inPlace = context.read.filter(
    ({ source }) => 'reference' in source && isSameRepository(source.reference, name),
  );
  const isUnchanged = context.read.some(
    ({ source, digest }) => 'reference' in source && source.reference === name && digest === digestOf(bytes),
  );
  if (isUnchanged) return;
  const present = new Set(inPlace.flatMap(({ carried }) => [...carried]));
  const repository = (await images.registry()).pushRepository(reference);
  const missing = manifest.layers.filter(({ digest }) => !present.has(digest));
  await store.content.writeBytes(config);
  await forEachParallel([...missing, manifest.config], PARALLEL, (blob) =>
    pushBlob(blob, { repository, reference }, { store, images }, { signal, progress }),
  );
  await repository.pushManifest(bytes, OCI_MANIFEST, reference.tag ?? 'latest', signal);
  for (const { digest } of manifest.layers) store.sources.remember(digest, { reference: name });
}

function isSameRepository(one: string, other: string): boolean {
  const [a, b] = [parseReference(one), parseReference(other)];
  return a.domain === b.domain && a.path === b.path;
}

/** An OCI layout; what else is in it stays. The index, which names the cache, is written last. */
async function writeLayout(
  { config, manifest, bytes }: Packed,
  { directory, tag }: Extract<CacheTo, { type: 'local' }>,
  { store, images, signal, progress }: ExporterContext,
): Promise<void> {
  const pathOf = (digest: Digest) => join(directory, 'blobs', 'sha256', hexOf(digest));
  for (const layer of manifest.layers) {
    if (existsSync(pathOf(layer.digest))) continue;
    await images.ensureBlob(layer, progress, signal);
    await store.content.copyTo(layer.digest, pathOf(layer.digest));
  }
  writeFileAtomic(pathOf(manifest.config.digest), config);
  writeFileAtomic(pathOf(digestOf(bytes)), bytes);
  const entry = {
    mediaType: OCI_MANIFEST,
    digest: digestOf(bytes),
    size: bytes.length,
    annotations: { [REF_NAME]: tag },
  };
  nameInLayout(directory, [entry]);
}
