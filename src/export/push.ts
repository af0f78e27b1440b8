import { formatReference, parseReference } from '../oci/reference.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Store } from '../store/open.ts';
import { compressedManifest } from './compress.ts';
import type { ExportedImage } from './image.ts';

export interface PushContext {
  store: Store;
  images: ImageSource;
}

export interface PushImageOptions {
  signal: AbortSignal;
  progress: (id: string, action: string, current: number, total: number) => void;
}

/** Blobs that are sent at once: enough to hide the latency of a registry, few enough for a slow line. */
const PARALLEL = 3;

/**
 * Pushes an image under a full name and says what the registry now has under it. Layers are compressed on the way,
 * so the manifest may differ from the local one; the configuration, and with it the image ID, is the same.
 */
export async function pushImage(
  name: string,
  image: Pick<ExportedImage, 'manifest'>,
  { store, images }: PushContext,
  options: PushImageOptions,
): Promise<Descriptor> {
  const { signal, progress } = options;
  const reference = parseReference(name);
  const repository = (await images.registry()).pushRepository(reference);
  for (const layer of image.manifest.layers) await images.ensureBlob(layer, progress, signal);
  const { manifest, bytes, mediaType } = await compressedManifest(image.manifest, store, signal);
  const blobs = [...new Map([...manifest.layers, manifest.config].map((blob) => [blob.digest, blob])).values()];
  await forEachParallel(blobs, PARALLEL, async (blob) => {
    const id = blob.digest.slice('sha256:'.length, 'sha256:'.length + 12);
    const how = await repository.pushBlob(blob, () => store.content.read(blob.digest), {
      signal,
      mountFrom: mountSource(store, blob, reference),
      onProgress: (_: string, current: number, total: number) => progress(id, 'uploading', current, total),
    });
    progress(id, how, blob.size, blob.size);
  });
  const pushed = await repository.pushManifest(bytes, mediaType, reference.tag ?? 'latest', signal);
  for (const blob of blobs) store.sources.remember(blob.digest, { reference: formatReference(reference) });
  return pushed;
}

/** A repository of the same registry that a layer came from: the registry can link it instead of receiving it. */
function mountSource(store: Store, blob: Descriptor, target: { domain: string; path: string }): string | undefined {
  return store.sources
    .sourcesOf(blob.digest)
    .map((source) => parseReference(source.reference))
    .find((source) => source.domain === target.domain && source.path !== target.path)?.path;
}

/** The first failure ends it; what is under way is left to its signal and is waited for. */
async function forEachParallel<T>(items: readonly T[], width: number, work: (item: T) => Promise<void>): Promise<void> {
  const queue = [...items];
  const worker = async () => {
    for (let item = queue.shift(); item !== undefined; item = queue.shift()) {
      try {
        await work(item);
      } catch (error) {
        queue.length = 0;
        throw error;
      }
    }
  };
  const outcomes = await Promise.allSettled(Array.from({ length: width }, worker));
  const failed = outcomes.find((outcome) => outcome.status === 'rejected');
  if (failed !== undefined) throw failed.reason;
}
