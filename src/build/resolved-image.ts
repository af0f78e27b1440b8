import type { ResolvedImage } from '../frontend/plan-types.ts';
import type { Image } from '../ops/image-source.ts';

/** An image of the store or a registry, as the frontend needs it. */
export function resolvedImage({ reference, descriptor, manifest, config }: Image): ResolvedImage {
  return { reference, manifest: descriptor, layers: manifest.layers, config };
}
