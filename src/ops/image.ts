import type { Digest } from '../base/digest.ts';
import { digestOf } from '../base/digest.ts';
import type { Executed, Executor, Vertex } from '../graph/vertex.ts';
import type { Descriptor } from '../oci/types.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import { rootfsValue } from './rootfs.ts';

/** The base image of a stage, by the digest of its manifest. */
interface ImageOp {
  kind: 'image';
  manifest: Digest;
  layers: readonly Descriptor[];
  diffIds: readonly Digest[];
  /** The chainID of each layer's stack. */
  chain: readonly Digest[];
}

const EMPTY_ROOT = digestOf('');

function idOf({ op }: Vertex): Digest {
  return (op as unknown as ImageOp).chain.at(-1) ?? EMPTY_ROOT;
}

/** FROM an image: snapshots for its layers, none of them unpacked. */
export function imageExecutor(snapshots: Snapshots): Executor {
  return {
    cacheable: false,
    usable: () => true,
    idOf,
    async execute(vertex: Vertex): Promise<Executed> {
      const op = vertex.op as unknown as ImageOp;
      return { value: rootfsValue(imageSnapshot(snapshots, op)), id: idOf(vertex) };
    },
  };
}

/** The topmost snapshot of an image's layers; null for an image without any. */
export function imageSnapshot(
  snapshots: Snapshots,
  { layers, diffIds, chain }: Pick<ImageOp, 'layers' | 'diffIds' | 'chain'>,
): string | null {
  let parent: string | null = null;
  for (const [index, descriptor] of layers.entries()) {
    const diffId = diffIds[index] as Digest;
    parent = snapshots.ofImageLayer(parent, chain[index] as Digest, { descriptor, diffId });
  }
  return parent;
}

/** FROM scratch. */
export const scratchExecutor: Executor = {
  cacheable: false,
  usable: () => true,
  idOf: () => EMPTY_ROOT,
  async execute(): Promise<Executed> {
    return { value: rootfsValue(null), id: EMPTY_ROOT };
  },
};
