import type { Executed, Executor, Result, Vertex } from '../graph/vertex.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';

/**
 * COPY --link: puts a layer that was made over nothing on top of a stage. The layer's files are what they are, so that
 * neither a changed base nor its laziness costs more than this: a directory that was a link below is one above.
 */
export function linkExecutor(snapshots: Snapshots): Executor {
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    async execute(_vertex: Vertex, inputs: readonly Result[]): Promise<Executed> {
      const [parent, layer] = inputs as [Result, Result];
      const { snapshot } = rootfsOf(layer);
      const below = rootfsOf(parent).snapshot;
      return { value: rootfsValue(snapshot === null ? below : snapshots.link(below, snapshot)) };
    },
  };
}
