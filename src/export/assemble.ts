import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_MANIFEST } from '../oci/media-types.ts';
import type { Descriptor, History, ImageConfig, Index, Manifest } from '../oci/types.ts';

/** A layer of the image to be: its descriptor, its diffID and when it was made (milliseconds since the epoch). */
export interface AssembledLayer {
  descriptor: Descriptor;
  diffId: Digest;
  created: number;
}

export interface AssembleOptions {
  layers: readonly AssembledLayer[];
  /** SOURCE_DATE_EPOCH in seconds: the time of everything this build adds. */
  epoch?: number | undefined;
}

/** Tools tell by it which builder wrote an entry, and read `created_by` accordingly: the form is the reference's. */
const HISTORY_COMMENT = 'buildkit.dockerfile.v0';
const UNKNOWN_TIME = '1970-01-01T00:00:00Z';

/**
 * The configuration of an image (OCI image-spec config.md). A step's time is that of its layer, and an instruction
 * without a layer has the time of the one before: so a build that is all cached gives the same image again.
 */
export function assembleConfig(plan: ImagePlan, { layers, epoch }: AssembleOptions): ImageConfig {
  const history = historyOf(plan, layers, epoch);
  const created = epoch === undefined ? (history.at(-1)?.created ?? plan.baseCreated) : timeOf(epoch * 1000);
  const { os, architecture, variant, 'os.version': version, 'os.features': features } = plan.platform;
  return {
    created: created ?? UNKNOWN_TIME,
    author: plan.author,
    architecture,
    variant,
    os,
    'os.version': version,
    'os.features': features,
    config: plan.config,
    rootfs: { type: 'layers', diff_ids: layers.map((layer) => layer.diffId) },
    history,
  };
}

function historyOf(plan: ImagePlan, layers: readonly AssembledLayer[], epoch: number | undefined): History[] {
  let used = 0;
  let previous = plan.baseCreated ?? UNKNOWN_TIME;
  const history = plan.history.map((planned): History => {
    const layer = isEmpty(planned) ? undefined : layers[used++];
    if (planned.from === 'base') {
      previous = planned.entry.created ?? previous;
      return planned.entry;
    }
    if (epoch !== undefined) previous = timeOf(epoch * 1000);
    else if (layer !== undefined) previous = timeOf(layer.created);
    const entry = { created: previous, created_by: planned.createdBy, comment: HISTORY_COMMENT };
    return planned.emptyLayer ? { ...entry, empty_layer: true } : entry;
  });
  if (used !== layers.length) {
    throw new TsbuildError('INTERNAL', `${layers.length} layers and ${used} entries of the history that have one`);
  }
  return history;
}

/** How many of the image's layers, from the bottom, are its base image's. */
export function countBaseLayers({ history }: ImagePlan): number {
  return history.filter((planned) => planned.from === 'base' && !isEmpty(planned)).length;
}

function isEmpty(planned: ImagePlan['history'][number]): boolean {
  return planned.from === 'base' ? planned.entry.empty_layer === true : planned.emptyLayer;
}

/** RFC 3339 with milliseconds where there are any. */
function timeOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('.000Z', 'Z');
}

export function assembleManifest(config: { digest: Digest; size: number }, layers: readonly Descriptor[]): Manifest {
  return {
    schemaVersion: 2,
    mediaType: OCI_MANIFEST,
    config: { mediaType: OCI_CONFIG, digest: config.digest, size: config.size },
    layers: layers.map(({ mediaType, digest, size }) => ({ mediaType, digest, size })),
  };
}

export function assembleIndex(manifests: readonly Descriptor[]): Index {
  return { schemaVersion: 2, mediaType: OCI_INDEX, manifests };
}
