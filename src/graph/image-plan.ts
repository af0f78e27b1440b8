import type { ContainerConfig, History, Platform } from '../oci/types.ts';
import type { Vertex } from './vertex.ts';

/** One entry of the history to be: a base image's own, or that of an instruction. */
export type PlannedHistory =
  | { from: 'base'; entry: History }
  | { from: 'step'; createdBy: string; emptyLayer: boolean };

/** What a frontend hands over: the root filesystem as a vertex, and the configuration without its layers. */
export interface ImagePlan {
  rootfs: Vertex;
  /** What the configuration says the image is for. */
  platform: Platform;
  /** SOURCE_DATE_EPOCH, in seconds. */
  epoch?: number | undefined;
  config: ContainerConfig;
  author: string | undefined;
  history: readonly PlannedHistory[];
  /** The time in a base image's configuration. */
  baseCreated: string | undefined;
}
