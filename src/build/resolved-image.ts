import type { Digest } from '../base/digest.ts';
import type { ResolvedImage } from '../frontend/plan-types.ts';
import type { Image } from '../ops/image-source.ts';

/** What names have led to in a build. */
export class ResolvedImages {
  readonly #byManifest = new Map<Digest, Map<string, ResolvedImage>>();

  add(image: ResolvedImage): ResolvedImage {
    const { digest } = image.manifest;
    this.#byManifest.set(digest, (this.#byManifest.get(digest) ?? new Map()).set(image.reference, image));
    return image;
  }

  /** All names that have led to this manifest. */
  of(manifest: Digest): ResolvedImage[] {
    return [...(this.#byManifest.get(manifest)?.values() ?? [])].sort((a, b) => (a.reference < b.reference ? -1 : 1));
  }
}

/** An image of the store or a registry, as the frontend needs it. */
export function resolvedImage({ reference, found, descriptor, manifest, config }: Image): ResolvedImage {
  return { reference, digest: found, manifest: descriptor, layers: manifest.layers, config };
}
