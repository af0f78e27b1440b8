import { hexOf } from '../base/digest.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ContentStore } from '../store/content.ts';
import type { ArchiveMember } from '../tar/archive.ts';
import { isAttestation } from './attest.ts';
import { blobsOf } from './contents.ts';
import type { ImageContents } from './image-contents.ts';
import { familiarTag } from './names.ts';

/** An image that goes into an archive. Its blobs are in the store. */
export interface ArchivedImage extends ImageContents {
  /** Full names, e.g. `docker.io/library/hello:latest`. */
  references: readonly string[];
}

/**
 * The members of an OCI archive (image-spec image-layout.md). With `docker`, also the `manifest.json` that
 * `docker load` reads: one archive that both kinds of tools take, as the reference builder's is. An index has no place
 * in that file.
 */
export async function* archiveMembers(
  images: readonly ArchivedImage[],
  content: ContentStore,
  options: { docker: boolean },
): AsyncGenerator<ArchiveMember> {
  yield { name: 'oci-layout', type: 'file', content: json({ imageLayoutVersion: '1.0.0' }) };
  yield { name: 'index.json', type: 'file', content: json(indexOf(images)) };
  if (options.docker) yield { name: 'manifest.json', type: 'file', content: json(images.flatMap(dockerManifest)) };
  const written = new Set<string>();
  for (const image of images) {
    for (const { descriptor, bytes } of [image, ...image.manifests]) {
      if (isNew(written, descriptor)) yield { name: blobName(descriptor), type: 'file', content: bytes };
    }
    for (const blob of blobsOf(image)) {
      if (!isNew(written, blob)) continue;
      yield { name: blobName(blob), type: 'file', size: blob.size, content: content.readVerified(blob.digest) };
    }
  }
}

function isNew(written: Set<string>, { digest }: Descriptor): boolean {
  if (written.has(digest)) return false;
  written.add(digest);
  return true;
}

function indexOf(images: readonly ArchivedImage[]) {
  const manifests = images.flatMap(({ descriptor, references }) =>
    references.length === 0
      ? [descriptor]
      : references.map((name) => ({
          ...descriptor,
          annotations: { 'io.containerd.image.name': name, 'org.opencontainers.image.ref.name': tagOf(name) },
        })),
  );
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}

/** The tag alone: what `skopeo copy oci-archive:FILE:TAG` takes, and what the reference builder writes. */
function tagOf(reference: string): string {
  return reference.slice(reference.lastIndexOf(':') + 1);
}

function dockerManifest({ manifests, references }: ArchivedImage) {
  const images = manifests.filter(({ descriptor }) => !isAttestation(descriptor));
  return images.map(({ manifest }) => ({
    Config: blobName(manifest.config),
    RepoTags: references.map(familiarTag),
    Layers: manifest.layers.map(blobName),
  }));
}

function blobName({ digest }: Descriptor): string {
  return `blobs/sha256/${hexOf(digest)}`;
}

function json(value: unknown): Buffer {
  return Buffer.from(JSON.stringify(value));
}
