import type { Json } from '../base/digest.ts';
import { digestOf } from '../base/digest.ts';
import { type TsbuildError, toTsbuildError } from '../base/error.ts';
import { type PlannedTarget, type Shared, withEachPlan } from '../build/build.ts';
import { unknownImage } from '../build/check.ts';
import { executorsOf } from '../build/executors.ts';
import { recordedGraph } from '../build/recorded-graph.ts';
import type { BuildSettings, BuildTarget } from '../build/target.ts';
import type { ResolvedImage, ResolveImageRequest } from '../frontend/plan-types.ts';
import { Definitions } from '../graph/definitions.ts';
import type { Executor } from '../graph/vertex.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';
import { formatReference, parseReference } from '../oci/reference.ts';

/** What a target would be for one platform. */
export interface ForeseenGraph {
  graph: RecordedGraph;
  /** What instructions would write into the image's history, and what the base has there. */
  history: Json;
}

/** What a target would be, or why nobody can say. */
export type Foreseen = { graphs: readonly ForeseenGraph[] } | { error: TsbuildError };

export interface Foresight {
  targets: ReadonlyMap<string, Foreseen>;
  /** Base images of which nothing is known here but the name. */
  unknownImages: ReadonlySet<string>;
}

/**
 * Plans targets with the keys that a build would look their steps up by. Nothing is executed and no server asked: an
 * image that the store does not have is known by its name or digest, and a URL by itself.
 */
export function foresee<T>(
  targets: ReadonlyMap<string, BuildTarget>,
  settings: BuildSettings,
  work: (foresight: Foresight, shared: Shared) => Promise<T>,
): Promise<T> {
  const unknownImages = new Set<string>();
  const standIn = (request: ResolveImageRequest): ResolvedImage => {
    unknownImages.add(request.name);
    return namedImage(request);
  };
  const names = [...targets.keys()];
  const plain = [...targets].map(([name, target]) => ({
    ...target,
    name,
    noCache: false,
    noCacheFilter: [],
    pull: false,
  }));
  return withEachPlan(plain, { ...settings, offline: true, standIn }, async (planned, shared) => {
    const definitions = new Definitions(offlineExecutors(shared));
    const found = new Map<string, Foreseen>();
    for (const [index, outcome] of planned.entries()) {
      const name = names[index] as string;
      found.set(name, await foreseen(outcome, definitions, shared));
    }
    return work({ targets: found, unknownImages }, shared);
  });
}

async function foreseen(
  outcome: PromiseSettledResult<PlannedTarget>,
  definitions: Definitions,
  { scopes }: Shared,
): Promise<Foreseen> {
  try {
    if (outcome.status === 'rejected') throw outcome.reason;
    const graphs: ForeseenGraph[] = [];
    for (const planned of outcome.value.plans) {
      const graph = await recordedGraph(planned, definitions, scopes.directories);
      const { history, epoch } = planned.plan;
      graphs.push({ graph, history: JSON.parse(JSON.stringify([history, epoch ?? null])) as Json });
    }
    return { graphs };
  } catch (error) {
    return { error: toTsbuildError(error) };
  }
}

/** What would be asked of a server counts as unchanged: the vertex itself says what is fetched. */
function offlineExecutors({ workspace, scopes, settings }: Shared): Record<string, Executor> {
  const executors = executorsOf(workspace, scopes, settings);
  const unasked = (executor: Executor | undefined) => ({ ...executor, define: async () => null }) as Executor;
  return { ...executors, http: unasked(executors.http), git: unasked(executors.git) };
}

/** An image by its digest where its name has one, else by its name. */
function namedImage(request: ResolveImageRequest): ResolvedImage {
  const image = unknownImage(request);
  const name = parseReference(request.name);
  const digest = name.digest ?? digestOf(formatReference(name));
  return { ...image, reference: formatReference(name), manifest: { ...image.manifest, digest } };
}
