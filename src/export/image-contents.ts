import type { Descriptor, Index, Manifest } from '../oci/types.ts';

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
