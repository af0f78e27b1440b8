import type { Json } from '../base/digest.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Descriptor, ImageConfig, Manifest, Platform } from '../oci/types.ts';
import type { BlobInfo } from '../store/blob-writer.ts';
import type { ContentStore } from '../store/content.ts';
import { type AssembledLayer, assembleConfig, assembleIndex, assembleManifest } from './assemble.ts';

/** An image whose manifest and configuration are in the store. */
export interface ExportedImage {
  descriptor: Descriptor;
  manifest: Manifest;
  config: ImageConfig;
}

/** What a build makes: an image, or an index of one image for each platform. */
export interface Exported {
  /** Of the index where there is one, else of the manifest. */
  descriptor: Descriptor;
  images: readonly [ExportedImage, ...ExportedImage[]];
}

/** Writes the index that names images by their platforms. */
export async function writeIndex(
  images: readonly (ExportedImage & { platform: Platform })[],
  content: ContentStore,
): Promise<Descriptor> {
  const index = assembleIndex(images.map(({ descriptor, platform }) => ({ ...descriptor, platform })));
  const { digest, size } = await content.writeBytes(JSON.stringify(index));
  return { mediaType: OCI_INDEX, digest, size };
}

/** Writes the configuration and the manifest of what was built. Its layers are in the store, or lazy. */
export async function writeImage(
  plan: ImagePlan,
  layers: readonly AssembledLayer[],
  content: ContentStore,
  { epoch, extraConfig }: { epoch: number | undefined; extraConfig?: Readonly<Record<string, Json>> | undefined },
): Promise<ExportedImage> {
  return writeConfigured(
    { ...assembleConfig(plan, { layers, epoch }), ...extraConfig },
    layers.map((layer) => layer.descriptor),
    content,
  );
}

/** Writes a configuration, and the manifest that joins it with its layers. */
export async function writeConfigured(
  config: ImageConfig,
  layers: readonly Descriptor[],
  content: ContentStore,
): Promise<ExportedImage> {
  const written = await content.writeBytes(JSON.stringify(config));
  return { ...(await writeManifest(written, layers, content)), config };
}

/** Writes the manifest that joins a configuration, byte for byte as it is in the store, with its layers. */
export async function writeManifest(
  config: BlobInfo,
  layers: readonly Descriptor[],
  content: ContentStore,
): Promise<{ descriptor: Descriptor; manifest: Manifest }> {
  const manifest = assembleManifest(config, layers);
  const { digest, size } = await content.writeBytes(JSON.stringify(manifest));
  return { descriptor: { mediaType: OCI_MANIFEST, digest, size }, manifest };
}
