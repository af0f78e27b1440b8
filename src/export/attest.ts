import { type Attestation, movedStatement, type Subject, statementOf } from '../attest/attestation.ts';
import { imagePackageUrl } from '../attest/purl.ts';
import type { Digest, Json } from '../base/digest.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import { formatPlatform } from '../oci/platform.ts';
import type { Descriptor, Index, Manifest, Platform } from '../oci/types.ts';
import type { ContentStore } from '../store/content.ts';
import type { ImageContents, ManifestContents } from './image-contents.ts';

/**
 * How attestations lie in an index: as a manifest for no platform, with an annotation that says which image it is about
 * (BuildKit's attestation-storage.md).
 */
const REFERENCE_TYPE = 'vnd.docker.reference.type';
const REFERENCE_DIGEST = 'vnd.docker.reference.digest';
const ATTESTATION = 'attestation-manifest';
const IN_TOTO = 'application/vnd.in-toto+json';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';
const NO_PLATFORM: Platform = { architecture: 'unknown', os: 'unknown' };

/** Whether an entry of an index is no image, but says something about one. */
export function isAttestation({ annotations }: Descriptor): boolean {
  return annotations?.[REFERENCE_TYPE] === ATTESTATION;
}

/** An image of a build for one platform, with what is attested of it. */
export interface AttestedImage {
  platform: Platform;
  attestations: readonly Attestation[];
}

export interface AttestOptions {
  /** Full names: what the statements call the image. */
  names: readonly string[];
  content: ContentStore;
  /** Of the index, where it is made for the attestations' sake. */
  indexAnnotations?: Readonly<Record<string, string>> | undefined;
}

/** An index of the images with their attestations behind them, which is written into the store. */
export async function attested(
  contents: ImageContents,
  images: readonly AttestedImage[],
  { names, content, indexAnnotations = {} }: AttestOptions,
): Promise<ImageContents> {
  const own = contents.manifests.map((image, at): ManifestContents => {
    const { mediaType, digest, size, platform = images[at]?.platform } = image.descriptor;
    return { ...image, descriptor: { mediaType, digest, size, ...(platform && { platform }) } };
  });
  const about: ManifestContents[] = [];
  for (const [at, { platform, attestations }] of images.entries()) {
    const digest = own[at]?.descriptor.digest as Digest;
    const subjects = names.map((name) => ({ name: imagePackageUrl(name, formatPlatform(platform)), digest }));
    if (attestations.length > 0) about.push(await attestationManifest(attestations, digest, subjects, content));
  }
  const annotations = { ...contents.index?.annotations, ...indexAnnotations };
  return writtenIndex([...own, ...about], annotations, content);
}

async function writtenIndex(
  manifests: readonly ManifestContents[],
  annotations: Readonly<Record<string, string>>,
  content: ContentStore,
): Promise<ImageContents> {
  const index: Index = {
    schemaVersion: 2,
    mediaType: OCI_INDEX,
    manifests: manifests.map(({ descriptor }) => descriptor),
    ...(Object.keys(annotations).length > 0 && { annotations }),
  };
  const bytes = Buffer.from(JSON.stringify(index));
  const { digest, size } = await content.writeBytes(bytes);
  return { descriptor: { mediaType: OCI_INDEX, digest, size }, bytes, index, manifests };
}

async function attestationManifest(
  attestations: readonly Attestation[],
  about: Digest,
  subjects: readonly Subject[],
  content: ContentStore,
): Promise<ManifestContents> {
  const layers: Descriptor[] = [];
  for (const attestation of attestations) {
    const blob = await content.writeBytes(JSON.stringify(statementOf(attestation, subjects)));
    layers.push({ mediaType: IN_TOTO, ...blob, annotations: { [PREDICATE_TYPE]: attestation.predicateType } });
  }
  return manifestOf(layers, about, content);
}

/** The configuration is there for tools that expect one, and is the same whatever the attestations say. */
async function manifestOf(
  layers: readonly Descriptor[],
  about: Digest,
  content: ContentStore,
): Promise<ManifestContents> {
  const rootfs = { type: 'layers', diff_ids: layers.map(({ digest }) => digest) };
  const config = await content.writeBytes(JSON.stringify({ ...NO_PLATFORM, config: {}, rootfs }));
  const manifest: Manifest = {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, ...config },
    layers,
  };
  const bytes = Buffer.from(JSON.stringify(manifest));
  const written = await content.writeBytes(bytes);
  const annotations = { [REFERENCE_DIGEST]: about, [REFERENCE_TYPE]: ATTESTATION };
  return { descriptor: { mediaType: OCI_MANIFEST, ...written, annotations, platform: NO_PLATFORM }, bytes, manifest };
}

/**
 * An attestation whose image has got another manifest, since its layers are compressed otherwise: it is about that one
 * now. Its blobs are in the store. Itself where its image is what it was.
 */
export async function movedAttestation(
  attestation: ManifestContents,
  moved: ReadonlyMap<Digest, Digest>,
  content: ContentStore,
): Promise<ManifestContents> {
  const { manifest, descriptor } = attestation;
  const about = moved.get(descriptor.annotations?.[REFERENCE_DIGEST] as Digest);
  if (about === undefined || descriptor.annotations?.[REFERENCE_DIGEST] === about) return attestation;
  const layers: Descriptor[] = [];
  for (const layer of manifest.layers) {
    const statement = layer.mediaType === IN_TOTO ? readStatement(layer, content) : undefined;
    const about = statement === undefined ? undefined : movedStatement(statement, moved);
    layers.push(about === undefined ? layer : { ...layer, ...(await content.writeBytes(JSON.stringify(about))) });
  }
  return manifestOf(layers, about, content);
}

/** Longest statement that is rewritten; that of a large SBOM has some tens of megabytes. */
const MAX_STATEMENT = 256 * 1024 * 1024;

/** Undefined where somebody has made something of it that is no statement. */
function readStatement({ digest }: Descriptor, content: ContentStore): Json | undefined {
  try {
    return JSON.parse(content.readBytes(digest, MAX_STATEMENT).toString('utf8')) as Json;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
