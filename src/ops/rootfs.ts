import type { Json } from '../base/digest.ts';
import type { Result } from '../graph/vertex.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** The value of every vertex that makes a root filesystem: its topmost snapshot, or null for an empty root. */
export interface Rootfs {
  snapshot: string | null;
}

export function rootfsOf(result: Result): Rootfs {
  return result.value as unknown as Rootfs;
}

export function rootfsValue(snapshot: string | null): Json {
  return { snapshot };
}

/** Whether all snapshots of a recorded root filesystem are still here. */
export function usableRootfs(snapshots: Snapshots): (value: Json) => boolean {
  return (value) => {
    const { snapshot } = (value ?? {}) as unknown as Partial<Rootfs>;
    return snapshot !== undefined && snapshots.complete(snapshot);
  };
}
