import type { Display, Vertex } from '../graph/vertex.ts';
import { chainIds } from '../oci/chain.ts';
import type { Platform } from '../oci/types.ts';
import type { ResolvedImage } from './plan-types.ts';

/** The root filesystem of a base image. */
export function imageVertex(image: ResolvedImage, display: Display): Vertex {
  return {
    op: {
      kind: 'image',
      manifest: image.manifest.digest,
      layers: image.layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
      diffIds: image.config.rootfs.diff_ids,
      chain: chainIds(image.config.rootfs.diff_ids),
    },
    inputs: [],
    display,
  };
}

/** What the image says it is made for, which may be another platform than was asked for. */
export function imagePlatform({ config }: ResolvedImage): Platform {
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = config;
  return { os, architecture, variant, 'os.version': version, 'os.features': features };
}
