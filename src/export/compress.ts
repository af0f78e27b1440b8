import { abortable } from '../base/abortable.ts';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import { OCI_LAYER, OCI_LAYER_GZIP, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Descriptor, Manifest } from '../oci/types.ts';
import type { ContentStore } from '../store/content.ts';
import type { RecordStore } from '../store/records.ts';
import { gzip } from '../tar/gzip.ts';

/** Where compressed layers are kept, and which one belongs to which plain layer. */
export interface CompressionContext {
  content: ContentStore;
  records: RecordStore;
}

/** Record kind: the gzip blob of a plain layer, so that a layer is compressed once. */
const KIND = 'gzip';

/** The same layer as gzip. What is compressed already stays as it is. */
async function compressedLayer(
  layer: Descriptor,
  { content, records }: CompressionContext,
  signal: AbortSignal,
): Promise<Descriptor> {
  if (layer.mediaType !== OCI_LAYER) return layer;
  const known = records.get(KIND, hexOf(layer.digest)) as { digest: Digest; size: number } | undefined;
  if (known !== undefined && isDigest(known.digest) && content.has(known.digest)) {
    return { mediaType: OCI_LAYER_GZIP, digest: known.digest, size: known.size };
  }
  const { digest, size } = await content.writeStream(gzip(abortable(content.readVerified(layer.digest), signal)));
  records.put(KIND, hexOf(layer.digest), { digest, size });
  return { mediaType: OCI_LAYER_GZIP, digest, size };
}

/** A manifest as it leaves the machine: with its layers compressed. The configuration, and so the ID, is the same. */
export async function compressedManifest(
  manifest: Manifest,
  context: CompressionContext,
  signal: AbortSignal,
): Promise<{ manifest: Manifest; bytes: Buffer; mediaType: string }> {
  const layers: Descriptor[] = [];
  for (const layer of manifest.layers) layers.push(await compressedLayer(layer, context, signal));
  const compressed = { ...manifest, layers };
  return {
    manifest: compressed,
    bytes: Buffer.from(JSON.stringify(compressed)),
    mediaType: manifest.mediaType ?? OCI_MANIFEST,
  };
}
