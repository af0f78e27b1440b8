import type { Snapshots } from '../snapshot/snapshots.ts';
import type { BaseLayers } from './base-layers.ts';

/** What the executors of one build share. */
export interface OpsContext {
  snapshots: Snapshots;
  layers: BaseLayers;
  /** Told when an owner could not be set because this user namespace maps a single id. */
  onOwnershipLost: () => void;
}
