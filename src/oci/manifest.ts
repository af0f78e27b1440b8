import { TsbuildError } from '../base/error.ts';
import { CheckedObject, defined, optional } from './fields.ts';
import { compressionOf, isIndexType, isManifestType, OCI_INDEX, OCI_MANIFEST } from './media-types.ts';
import type { Descriptor, Index, Manifest, Platform } from './types.ts';

/** Longest manifest or index that is read (OCI distribution-spec: registries should take at least 4 MiB). */
export const MAX_MANIFEST_SIZE = 4 * 1024 * 1024;

/** Reads an untrusted image manifest. `mediaType` is what the registry or the descriptor calls it. */
export function parseManifest(document: Uint8Array | string, mediaType?: string): Manifest {
  const root = CheckedObject.parse(document, 'manifest', MAX_MANIFEST_SIZE);
  checkKind(root, mediaType, isManifestType, OCI_MANIFEST);
  if (root.has('manifests')) throw ambiguous(root.path);
  return defined<Manifest>({
    schemaVersion: 2,
    mediaType: root.string('mediaType'),
    artifactType: root.string('artifactType'),
    config: descriptor(root.requiredObject('config')),
    layers: (root.objects('layers') ?? root.fail('layers', 'a list')).map(descriptor),
    subject: optional(root.object('subject'), descriptor),
    annotations: root.stringMap('annotations'),
  });
}

/** Reads an untrusted image index (or Docker manifest list). */
export function parseIndex(document: Uint8Array | string, mediaType?: string): Index {
  const root = CheckedObject.parse(document, 'index', MAX_MANIFEST_SIZE);
  checkKind(root, mediaType, isIndexType, OCI_INDEX);
  if (root.has('config') || root.has('layers')) throw ambiguous(root.path);
  return defined<Index>({
    schemaVersion: 2,
    mediaType: root.string('mediaType'),
    artifactType: root.string('artifactType'),
    manifests: (root.objects('manifests') ?? root.fail('manifests', 'a list')).map(descriptor),
    subject: optional(root.object('subject'), descriptor),
    annotations: root.stringMap('annotations'),
  });
}

/** The media type that a manifest or index gives itself; without one, told from its fields. */
export function mediaTypeOf(document: Uint8Array | string): string {
  const root = CheckedObject.parse(document, 'manifest', MAX_MANIFEST_SIZE);
  return root.string('mediaType') ?? (root.has('manifests') ? OCI_INDEX : OCI_MANIFEST);
}

/** The layers of a manifest are layers that we can unpack; artifacts of other kinds are not. */
export function requireLayerTypes(manifest: Manifest): void {
  const unknown = manifest.layers.find(({ mediaType }) => compressionOf(mediaType) === undefined);
  if (unknown === undefined) return;
  throw new TsbuildError(
    'UNSUPPORTED',
    `layer ${unknown.digest} has the unknown media type ${JSON.stringify(unknown.mediaType)}`,
    {
      hint: 'is this a container image, or another kind of artifact?',
    },
  );
}

function checkKind(
  root: CheckedObject,
  declared: string | undefined,
  isKind: (type: string) => boolean,
  standard: string,
): void {
  if (root.count('schemaVersion') === 1) {
    throw new TsbuildError(
      'UNSUPPORTED',
      'the image has a manifest of schema version 1, which no longer has any support',
      {
        hint: 'pull and push it once with a tool that converts it, e.g. skopeo copy --format oci',
      },
    );
  }
  if (root.count('schemaVersion') !== 2) root.fail('schemaVersion', '2');
  const own = root.string('mediaType');
  const mediaType = own ?? declared ?? standard;
  if (!isKind(mediaType)) root.fail('mediaType', `that of an ${root.path}: ${JSON.stringify(mediaType)}`);
  if (own !== undefined && declared !== undefined && own !== declared) {
    root.fail('mediaType', `${JSON.stringify(declared)}, which is what it was announced as`);
  }
}

/** A document that is both can mean two images under one digest (image-spec advisory GHSA-77vh-xpmg-72qh). */
function ambiguous(name: string): TsbuildError {
  return new TsbuildError('INVALID', `the ${name} has the fields of both a manifest and an index`);
}

function descriptor(object: CheckedObject): Descriptor {
  return defined<Descriptor>({
    mediaType: object.requiredString('mediaType'),
    digest: object.requiredDigest('digest'),
    size: object.count('size') ?? object.fail('size', 'a non-negative integer'),
    urls: object.strings('urls'),
    annotations: object.stringMap('annotations'),
    platform: optional(object.object('platform'), platform),
    artifactType: object.string('artifactType'),
  });
}

function platform(object: CheckedObject): Platform {
  return defined<Platform>({
    architecture: object.requiredString('architecture'),
    os: object.requiredString('os'),
    variant: object.string('variant') || undefined,
    'os.version': object.string('os.version'),
    'os.features': object.strings('os.features'),
  });
}
