import type { Digest } from '../base/digest.ts';
import { MAX_MANIFEST_SIZE, parseIndex, parseManifest } from '../oci/manifest.ts';
import { isIndexType, isManifestType } from '../oci/media-types.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ContentStore } from './content.ts';

/** An index that points to indexes; deeper ones are not made by anybody, and could go on without end. */
const MAX_DEPTH = 3;

/**
 * The digests by which people call an image: of its manifest or index, of the manifests in the index, and of the
 * configurations, as far as these blobs are in the store.
 */
export function digestsOfImage(content: ContentStore, descriptor: Descriptor, depth = 1): Digest[] {
  const { digest, mediaType } = descriptor;
  if (!content.has(digest)) return [digest];
  if (isManifestType(mediaType)) {
    return [digest, parseManifest(content.readBytes(digest, MAX_MANIFEST_SIZE), mediaType).config.digest];
  }
  if (!isIndexType(mediaType) || depth >= MAX_DEPTH) return [digest];
  const { manifests } = parseIndex(content.readBytes(digest, MAX_MANIFEST_SIZE), mediaType);
  return [digest, ...manifests.flatMap((manifest) => digestsOfImage(content, manifest, depth + 1))];
}
