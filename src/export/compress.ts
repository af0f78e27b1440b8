import { abortable } from '../base/abortable.ts';
import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import { compressionOf, dockerTypeOf, isDockerType, layerType, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Descriptor, Manifest } from '../oci/types.ts';
import { unpackLimits } from '../ops/unpack-limits.ts';
import type { ContentStore } from '../store/content.ts';
import type { RecordStore } from '../store/records.ts';
import { decompress } from '../tar/decompress.ts';
import { gzip } from '../tar/gzip.ts';
import { zstd } from '../tar/zstd.ts';
import { type Compression, GZIP } from './compression.ts';
import type { ImageForm } from './form.ts';

/** Where compressed layers are kept, and which one belongs to which plain layer. */
export interface CompressionContext {
  content: ContentStore;
  records: RecordStore;
}

/** Record kind: by the digest of a layer, its other forms by how they are compressed, so that each is made once. */
const KIND = 'compressed';

/** Whether a layer must be here to be given this form; else it leaves as it is. */
export function needsContent(layer: Descriptor, compression: Compression = GZIP): boolean {
  const own = compressionOf(layer.mediaType);
  if (own === undefined) return false;
  if (own === 'none') return compression.type !== 'uncompressed';
  return compression.force && (own !== compression.type || compression.level !== undefined);
}

/** The same layer in the form that it leaves in. What is compressed already stays as it is, unless that is forced. */
export async function compressedLayer(
  layer: Descriptor,
  { content, records }: CompressionContext,
  signal: AbortSignal,
  compression: Compression = GZIP,
): Promise<Descriptor> {
  if (!needsContent(layer, compression)) return layer;
  const mediaType = layerType(compression.type, isDockerType(layer.mediaType));
  const form = compression.level === undefined ? compression.type : `${compression.type}-${compression.level}`;
  const forms = formsOf(records, layer.digest);
  const known = forms[form];
  if (known !== undefined && content.has(known.digest)) return { mediaType, ...known };
  const source = abortable(content.readVerified(layer.digest), signal);
  const plain = compressionOf(layer.mediaType) === 'none' ? source : decompress(source, await unpackLimits());
  const { digest, size } = await content.writeStream(encoded(plain, compression));
  records.put(KIND, hexOf(layer.digest), { ...formsOf(records, layer.digest), [form]: { digest, size } });
  return { mediaType, digest, size };
}

function encoded(plain: AsyncIterable<Buffer>, { type, level }: Compression): AsyncIterable<Buffer> {
  if (type === 'uncompressed') return plain;
  return type === 'gzip' ? gzip(plain, { level }) : zstd(plain, { level });
}

type Forms = Readonly<Record<string, { digest: Digest; size: number }>>;

function formsOf(records: RecordStore, layer: Digest): Forms {
  const forms = (records.get(KIND, hexOf(layer)) ?? {}) as Forms;
  return Object.fromEntries(
    Object.entries(forms).filter(([, { digest, size }]) => isDigest(digest) && Number.isSafeInteger(size)),
  );
}

/**
 * A manifest as it leaves the machine: with its layers compressed, and with the media types of one family. The
 * configuration, and so the ID, is the same.
 */
export async function compressedManifest(
  manifest: Manifest,
  context: CompressionContext,
  signal: AbortSignal,
  { compression, dockerTypes }: ImageForm = { compression: GZIP, dockerTypes: false },
): Promise<{ manifest: Manifest; bytes: Buffer; mediaType: string }> {
  const layers: Descriptor[] = [];
  for (const layer of manifest.layers) layers.push(await compressedLayer(layer, context, signal, compression));
  const mediaType = manifest.mediaType ?? OCI_MANIFEST;
  const compressed = { ...manifest, layers };
  const formed = dockerTypes ? inDockerTypes({ ...compressed, mediaType }) : compressed;
  return { manifest: formed, bytes: Buffer.from(JSON.stringify(formed)), mediaType: formed.mediaType ?? mediaType };
}

function inDockerTypes(manifest: Manifest): Manifest {
  const typed = (descriptor: Descriptor) => ({ ...descriptor, mediaType: dockerTypeOf(descriptor.mediaType) });
  const { mediaType = OCI_MANIFEST, config, layers } = manifest;
  return { ...manifest, mediaType: dockerTypeOf(mediaType), config: typed(config), layers: layers.map(typed) };
}
