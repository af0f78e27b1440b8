import type { Attestation } from '../attest/attestation.ts';
import type { Json } from '../base/digest.ts';
import type { EventSink } from '../base/events.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Platform } from '../oci/types.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import type { Output } from './output.ts';

/** A root filesystem with its plan, for one platform. */
export interface BuiltImage {
  plan: ImagePlan;
  /** The topmost snapshot; null for an empty root. */
  snapshot: string | null;
  /** What was asked for. */
  platform: Platform;
  /** What is attested of it. */
  attestations?: readonly Attestation[] | undefined;
  /** Fields that go into the configuration beside those of the image-spec, and so into the image ID. */
  extraConfig?: Readonly<Record<string, Json>> | undefined;
}

/** What a build made, for one platform or for several. */
export interface Built {
  images: readonly BuiltImage[];
  /** The result is an index, and files of several platforms get a directory for each. */
  multiPlatform: boolean;
}

export interface DeliverContext {
  store: Store;
  snapshots: Snapshots;
  layers: BaseLayers;
  images: ImageSource;
}

export interface DeliverOptions {
  outputs: readonly Output[];
  /** Full names, from `-t`. */
  tags: readonly string[];
  /** SOURCE_DATE_EPOCH in seconds, where the build file does not say it. */
  epoch?: number | undefined;
  /** Files of a directory then all belong to the user who builds. */
  rootless: boolean;
  emit: EventSink;
  signal: AbortSignal;
  /** Shows a piece of work as a step. */
  step: <T>(name: string, work: (progress: Progress) => Promise<T>) => Promise<T>;
}

type Progress = (id: string, action: string, current: number, total: number) => void;
