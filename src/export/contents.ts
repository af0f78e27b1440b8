import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { dockerTypeOf, isIndexType } from '../oci/media-types.ts';
import type { Descriptor, Index, Manifest } from '../oci/types.ts';
import type { ContentStore } from '../store/content.ts';
import { isAttestation, movedAttestation } from './attest.ts';
import type { CompressionContext } from './compress.ts';
import type { ImageForm } from './form.ts';
import type { ImageContents, ManifestContents } from './image-contents.ts';
import type { Annotations } from './output.ts';

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
  form?: ImageForm,
): Promise<ImageContents> {
  const compressed: ManifestContents[] = [];
  for (const image of contents.manifests) {
    const isImage = !isAttestation(image.descriptor);
    compressed.push(isImage ? await compressedImage(image, context, signal, form) : image);
  }
  const manifests = await withAttestations(compressed, contents.manifests, context.content);
  const [only] = manifests;
  if (contents.index === undefined && only !== undefined) return { ...only, manifests };
  const named = renamed(contents, manifests);
  if (named === undefined) return { ...contents, manifests };
  const given = contents.descriptor.mediaType;
  const mediaType = form?.dockerTypes ? dockerTypeOf(given) : given;
  const index = { ...named, mediaType };
  const bytes = Buffer.from(JSON.stringify(index));
  const { digest, size } = await context.content.writeBytes(bytes);
  return { descriptor: { mediaType, digest, size }, bytes, index, manifests };
}

/** The manifests with the attestations among them being about what the images have become. */
async function withAttestations(
  manifests: readonly ManifestContents[],
  before: readonly ManifestContents[],
  content: ContentStore,
): Promise<ManifestContents[]> {
  const moved = new Map(
    before.map(({ descriptor }, at) => [descriptor.digest, manifests[at]?.descriptor.digest as Digest]),
  );
  const all: ManifestContents[] = [];
  for (const one of manifests)
    all.push(isAttestation(one.descriptor) ? await movedAttestation(one, moved, content) : one);
  return all;
}

async function compressedImage(
  image: ManifestContents,
  context: CompressionContext,
  signal: AbortSignal,
  form: ImageForm | undefined,
): Promise<ManifestContents> {
  const { compressedManifest } = await import('./compress.ts');
  const { manifest, bytes, mediaType } = await compressedManifest(image.manifest, context, signal, form);
  const isSame = manifest.layers.every(({ digest }, index) => digest === image.manifest.layers[index]?.digest);
  if (isSame && mediaType === image.descriptor.mediaType) return image;
  const { digest, size } = await context.content.writeBytes(bytes);
  return { descriptor: { ...image.descriptor, mediaType, digest, size }, bytes, manifest };
}

/** The image with annotations, which are written into the store with it. */
export async function annotated(
  contents: ImageContents,
  annotations: Annotations,
  content: ContentStore,
): Promise<ImageContents> {
  const manifests: ManifestContents[] = [];
  for (const image of contents.manifests) {
    const manifest = withAnnotations(image.manifest, annotations.manifest);
    const bytes = Buffer.from(JSON.stringify(manifest));
    const { digest, size } = await content.writeBytes(bytes);
    manifests.push({ descriptor: { ...image.descriptor, digest, size }, bytes, manifest });
  }
  const [only] = manifests;
  if (contents.index === undefined && only !== undefined) return { ...only, manifests };
  const named = renamed(contents, manifests) ?? (contents.index as Index);
  const index = withAnnotations(named, annotations.index);
  const bytes = Buffer.from(JSON.stringify(index));
  const { digest, size } = await content.writeBytes(bytes);
  return { descriptor: { ...contents.descriptor, digest, size }, bytes, index, manifests };
}

function withAnnotations<T extends Manifest | Index>(document: T, annotations: Readonly<Record<string, string>>): T {
  if (Object.keys(annotations).length === 0) return document;
  return { ...document, annotations: { ...document.annotations, ...annotations } };
}

/** The index with the descriptors of these manifests; undefined where they are what it names. */
function renamed({ index, manifests: old }: ImageContents, manifests: readonly ManifestContents[]): Index | undefined {
  const isSame = old.every(({ descriptor }, at) => descriptor.digest === manifests[at]?.descriptor.digest);
  if (index === undefined || isSame) return undefined;
  return { ...index, manifests: manifests.map(({ descriptor }) => descriptor) };
}
