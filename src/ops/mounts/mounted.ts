import type { BindMount, MemoryFile, TmpfsMount } from '../../../runner/index.ts';
import type { RootView } from '../../snapshot/root-view.ts';
import type { MountPoint } from '../sandbox-root.ts';

/** What one mount of a RUN, or all of them, add to its sandbox. */
export interface Mounted {
  mounts: BindMount[];
  tmpfs: TmpfsMount[];
  files: MemoryFile[];
  /** `NAME` and value, in the place of what the step has of that name. */
  environment: [string, string][];
  points: MountPoint[];
}

export function nothingMounted(): Mounted {
  return { mounts: [], tmpfs: [], files: [], environment: [], points: [] };
}

/** The tree that an input of the step made. */
export interface InputTree {
  snapshot: string | null;
  view: RootView;
}
