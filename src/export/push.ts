import { formatReference, parseReference, type Reference } from '../oci/reference.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { PushRepository } from '../registry/index.ts';
import type { Store } from '../store/open.ts';
import { isAttestation } from './attest.ts';
import { needsContent } from './compress.ts';
import { blobsOf, compressedContents, readContents } from './contents.ts';
import type { ImageForm } from './form.ts';

export interface PushContext {
  store: Store;
  images: ImageSource;
}

export interface PushImageOptions {
  signal: AbortSignal;
  progress: (id: string, action: string, current: number, total: number) => void;
  form?: ImageForm | undefined;
  /** The name says the repository alone: the image is found there by its digest. */
  byDigest?: boolean | undefined;
}

/** Blobs that are sent at once: enough to hide the latency of a registry, few enough for a slow line. */
const PARALLEL = 3;

/**
 * Pushes an image, or an index with all of its images, under a full name and says what the registry now has under it.
 * Layers are compressed on the way, so the manifest may differ from the local one; the configuration, and with it the
 * image ID, is the same. A layer that is not here is fetched only where the registry neither has it nor can link it.
 */
export async function pushImage(
  name: string,
  image: { descriptor: Descriptor },
  context: PushContext,
  options: PushImageOptions,
): Promise<Descriptor> {
  const { store, images } = context;
  const { signal } = options;
  const reference = parseReference(name);
  const repository = (await images.registry()).pushRepository(reference);
  const stored = readContents(image.descriptor, store.content);
  const changing = blobsOf(stored).filter((blob) => needsContent(blob, options.form?.compression));
  const about = stored.manifests.filter((one) => isAttestation(one.descriptor));
  for (const blob of changing.length === 0 ? [] : [...changing, ...blobsOf({ manifests: about })]) {
    await images.ensureBlob(blob, options.progress, signal);
  }
  const { descriptor, bytes, index, manifests } = await compressedContents(stored, store, signal, options.form);
  const blobs = blobsOf({ manifests });
  await forEachParallel(blobs, PARALLEL, (blob) => pushBlob(blob, { repository, reference }, context, options));
  for (const named of index === undefined ? [] : manifests) {
    await repository.pushManifest(named.bytes, named.descriptor.mediaType, undefined, signal);
  }
  const tag = options.byDigest ? undefined : (reference.tag ?? 'latest');
  const pushed = await repository.pushManifest(bytes, descriptor.mediaType, tag, signal);
  for (const blob of blobs) store.sources.remember(blob.digest, { reference: formatReference(reference) });
  return pushed;
}

export interface PushTarget {
  repository: PushRepository;
  reference: Reference;
}

/** Makes sure that a repository has a blob, by the way that sends least. Says which it was. */
export async function pushBlob(
  blob: Descriptor,
  { repository, reference }: PushTarget,
  { store, images }: PushContext,
  { signal, progress }: PushImageOptions,
): Promise<void> {
  const id = blob.digest.slice('sha256:'.length, 'sha256:'.length + 12);
  const mountFrom = mountSource(store, blob, reference);
  const send = async () => {
    await images.ensureBlob(blob, progress, signal);
    return repository.pushBlob(blob, (start) => store.content.read(blob.digest, start), {
      signal,
      mountFrom,
      onProgress: (_: string, current: number, total: number) => progress(id, 'uploading', current, total),
    });
  };
  const linked = async () => {
    if (await repository.hasBlob(blob.digest, signal)) return 'exists';
    return mountFrom !== undefined && (await repository.mountBlob(blob, mountFrom, signal)) ? 'mounted' : undefined;
  };
  const how = store.content.has(blob.digest) ? await send() : ((await linked()) ?? (await send()));
  progress(id, how, blob.size, blob.size);
}

/** A repository of the same registry that a layer came from: the registry can link it instead of receiving it. */
function mountSource(store: Store, blob: Descriptor, target: { domain: string; path: string }): string | undefined {
  return store.sources
    .sourcesOf(blob.digest)
    .flatMap((source) => ('reference' in source ? [parseReference(source.reference)] : []))
    .find((source) => source.domain === target.domain && source.path !== target.path)?.path;
}

/** The first failure ends it; what is under way is left to its signal and is waited for. */
export async function forEachParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
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
