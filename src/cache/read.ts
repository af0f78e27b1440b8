import { type Digest, digestOf, parseDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { REF_NAME } from '../export/layout-directory.ts';
import { MAX_CONFIG_SIZE } from '../oci/config.ts';
import { CheckedObject } from '../oci/fields.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { parseReference } from '../oci/reference.ts';
import type { Descriptor, Manifest } from '../oci/types.ts';
import type { ImageSource } from '../ops/image-source.ts';
import { readLayoutBlob, readLayoutFile } from '../ops/layout-files.ts';
import type { BlobSource } from '../store/sources.ts';
import {
  CACHE_CONFIG,
  type CacheDocument,
  type CachedLayer,
  INLINE_FIELD,
  MAX_CACHE_SIZE,
  parseCache,
} from './format.ts';
import type { CacheFrom } from './options.ts';

/** A cache that has been read: its records, and where the blobs of its layers are. */
export interface ReadCache {
  document: CacheDocument;
  /** Of its manifest. */
  digest: Digest;
  /** The blobs that are where the cache is. Layers of base images are where these are. */
  carried: ReadonlySet<Digest>;
  source: BlobSource;
}

/** Documents of a cache or an image, verified. */
interface Documents {
  manifest(): Promise<{ bytes: Buffer; mediaType: string }>;
  byDigest(descriptor: Descriptor): Promise<Buffer>;
  config(descriptor: Descriptor, limit: number): Promise<Buffer>;
}

/** Reads the caches at a place: one, or in an index of several platforms one for each. Two or three requests. */
export async function readCaches(from: CacheFrom, images: ImageSource, signal: AbortSignal): Promise<ReadCache[]> {
  const documents = from.type === 'registry' ? await inRegistry(from.reference, images, signal) : inLayout(from);
  const source = from.type === 'registry' ? { reference: from.reference } : { layout: from.directory };
  const top = await documents.manifest();
  if (!isIndexType(top.mediaType)) return [await readOne(top, documents, source)];
  const caches: ReadCache[] = [];
  for (const descriptor of parseIndex(top.bytes, top.mediaType).manifests) {
    const { mediaType } = descriptor;
    caches.push(await readOne({ bytes: await documents.byDigest(descriptor), mediaType }, documents, source));
  }
  return caches;
}

async function readOne(
  { bytes, mediaType }: { bytes: Buffer; mediaType: string },
  documents: Documents,
  source: BlobSource,
): Promise<ReadCache> {
  const manifest = parseManifest(bytes, mediaType);
  const isCache = manifest.config.mediaType === CACHE_CONFIG;
  const config = await documents.config(manifest.config, isCache ? MAX_CACHE_SIZE : MAX_CONFIG_SIZE);
  const document = isCache ? parseCache(config) : inlineCache(config, manifest);
  return { document, digest: digestOf(bytes), carried: new Set(manifest.layers.map(({ digest }) => digest)), source };
}

/** The cache inside an image: its layers are the image's, found by their diffIDs. */
function inlineCache(config: Buffer, { layers }: Manifest): CacheDocument {
  const root = CheckedObject.parse(config, 'image config', MAX_CONFIG_SIZE);
  const field = root.object(INLINE_FIELD);
  if (field === undefined) {
    throw new TsbuildError('NOT_FOUND', 'the image has no cache inside', {
      hint: 'build it with --cache-to type=inline',
    });
  }
  const diffIds = root.requiredObject('rootfs').strings('diff_ids') ?? [];
  const blobs = new Map(diffIds.map((diffId, index) => [diffId, layers[index]]));
  const document = parseCache(JSON.stringify(field.value));
  const withBlob = (layer: CachedLayer): CachedLayer => ({ ...layer, blob: blobs.get(layer.diffId) });
  return { ...document, layers: document.layers.map(withBlob) };
}

async function inRegistry(name: string, images: ImageSource, signal: AbortSignal): Promise<Documents> {
  const reference = parseReference(name);
  const repository = (await images.registry()).repository(reference);
  return {
    async manifest() {
      const { bytes, descriptor } = await repository.fetchManifest(
        reference.digest ?? reference.tag ?? 'latest',
        signal,
      );
      return { bytes, mediaType: descriptor.mediaType };
    },
    byDigest: async ({ digest }) => (await repository.fetchManifest(digest, signal)).bytes,
    config: (descriptor, limit) => repository.fetchBytes(descriptor, limit, signal),
  };
}

function inLayout({ directory, tag, digest }: Extract<CacheFrom, { type: 'local' }>): Documents {
  const blob = (descriptor: Descriptor, limit: number): Buffer => readLayoutBlob(directory, descriptor, limit);
  return {
    async manifest() {
      const { manifests } = parseIndex(readLayoutFile(directory, 'index.json', MAX_MANIFEST_SIZE));
      const wanted = digest === undefined ? undefined : parseDigest(digest);
      const isWanted = (one: Descriptor) =>
        wanted === undefined ? one.annotations?.[REF_NAME] === tag : one.digest === wanted;
      const found = manifests.find(isWanted);
      if (found === undefined) throw new TsbuildError('NOT_FOUND', `${directory} has no cache ${digest ?? tag}`);
      return { bytes: blob(found, MAX_MANIFEST_SIZE), mediaType: found.mediaType };
    },
    byDigest: async (descriptor) => blob(descriptor, MAX_MANIFEST_SIZE),
    config: async (descriptor, limit) => blob(descriptor, limit),
  };
}
