import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import type { Descriptor, Index, Manifest } from '../oci/types.ts';
import type { ContentStore } from '../store/content.ts';
import { type CompressionContext, compressedManifest } from './compress.ts';

/** A manifest and the bytes that its descriptor names. */
export interface ManifestContents {
  descriptor: Descriptor;
  bytes: Buffer;
  manifest: Manifest;
}

/** All documents of an image as it is stored or sent: of one platform, or an index with the images that it names. */
export interface ImageContents {
  /** Of the index where there is one, else of the manifest. */
  descriptor: Descriptor;
  bytes: Buffer;
  index?: Index | undefined;
  manifests: readonly ManifestContents[];
}

/** Reads an image of the store, whose layers may be elsewhere. */
export function readContents(descriptor: Descriptor, content: ContentStore): ImageContents {
  const bytes = content.readBytes(descriptor.digest, MAX_MANIFEST_SIZE);
  if (!isIndexType(descriptor.mediaType)) {
    const manifest = parseManifest(bytes, descriptor.mediaType);
    return { descriptor, bytes, manifests: [{ descriptor, bytes, manifest }] };
  }
  const index = parseIndex(bytes, descriptor.mediaType);
  return { descriptor, bytes, index, manifests: index.manifests.map((entry) => readManifest(entry, content)) };
}

function readManifest(descriptor: Descriptor, content: ContentStore): ManifestContents {
  if (!content.has(descriptor.digest)) {
    throw new TsbuildError('NOT_FOUND', `the manifest ${descriptor.digest} of the index is not in the store`, {
      hint: 'pull the image for all of its platforms, or choose one with --platform',
    });
  }
  const bytes = content.readBytes(descriptor.digest, MAX_MANIFEST_SIZE);
  return { descriptor, bytes, manifest: parseManifest(bytes, descriptor.mediaType) };
}

/** The configurations and layers, each once. */
export function blobsOf({ manifests }: Pick<ImageContents, 'manifests'>): Descriptor[] {
  const blobs = manifests.flatMap(({ manifest }) => [manifest.config, ...manifest.layers]);
  return [...new Map(blobs.map((blob) => [blob.digest, blob])).values()];
}

/** The image as it leaves the machine: with its layers compressed, and with an index that names it so. */
export async function compressedContents(
  contents: ImageContents,
  context: CompressionContext,
  signal: AbortSignal,
): Promise<ImageContents> {
  const manifests: ManifestContents[] = [];
  for (const image of contents.manifests) manifests.push(await compressedImage(image, context, signal));
  const [only] = manifests;
  if (contents.index === undefined && only !== undefined) return { ...only, manifests };
  const index = renamed(contents, manifests);
  if (index === undefined) return { ...contents, manifests };
  const bytes = Buffer.from(JSON.stringify(index));
  const { mediaType } = contents.descriptor;
  const { digest, size } = await context.content.writeBytes(bytes);
  return { descriptor: { mediaType, digest, size }, bytes, index, manifests };
}

async function compressedImage(
  image: ManifestContents,
  context: CompressionContext,
  signal: AbortSignal,
): Promise<ManifestContents> {
  const { manifest, bytes, mediaType } = await compressedManifest(image.manifest, context, signal);
  const isSame = manifest.layers.every(({ digest }, index) => digest === image.manifest.layers[index]?.digest);
  if (isSame) return image;
  const { digest, size } = await context.content.writeBytes(bytes);
  return { descriptor: { ...image.descriptor, mediaType, digest, size }, bytes, manifest };
}

/** What an attestation in an index is about (Docker's annotation). */
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';

/** The index with the descriptors of these manifests; undefined where they are what it names. */
function renamed({ index, manifests: old }: ImageContents, manifests: readonly ManifestContents[]): Index | undefined {
  const digests = new Map(old.map(({ descriptor }, at) => [descriptor.digest, manifests[at]?.descriptor.digest]));
  if (index === undefined || [...digests].every(([before, after]) => before === after)) return undefined;
  return {
    ...index,
    manifests: manifests.map(({ descriptor }) => {
      const about = digests.get(descriptor.annotations?.[REFERENCE_DIGEST] as Digest);
      if (about === undefined) return descriptor;
      return { ...descriptor, annotations: { ...descriptor.annotations, [REFERENCE_DIGEST]: about } };
    }),
  };
}
