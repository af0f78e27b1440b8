import type { Draft, Snapshots } from '../snapshot/snapshots.ts';
import type { Tree } from '../snapshot/tree.ts';
import { copiedRoot } from './copied-root.ts';
import type { Roots } from './roots.ts';
import { type MountPoint, overlayFor, type StepRoot } from './sandbox-root.ts';

export interface StepRootContext {
  snapshots: Snapshots;
  roots: Roots;
  /** `<root>/v1`. */
  state: string;
  signal: AbortSignal;
}

/** The root of a step whose layer is going to be `draft`, in the way that this machine can. */
export async function stepRoot(
  { draft, view }: { draft: Draft; view: Tree },
  points: readonly MountPoint[],
  { snapshots, roots, state, signal }: StepRootContext,
): Promise<StepRoot> {
  if (await roots.copied(snapshots, draft.parent)) return copiedRoot(draft, points, { view, snapshots, signal });
  return { overlay: await overlayFor(snapshots, { draft, view, state }, points), finish: async () => ({}) };
}
