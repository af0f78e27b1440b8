import { digestOf } from '../base/digest.ts';
import type { ResolvedImage, ResolveImageRequest } from '../frontend/plan-types.ts';
import { Definitions } from '../graph/definitions.ts';
import type { Executor } from '../graph/vertex.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { type PlannedTarget, type Shared, withEachPlan } from './build.ts';
import { unknownImage } from './check.ts';
import { executorsOf } from './executors.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/** What is known of targets without asking anybody. */
export interface OfflinePlans {
  planned: readonly PromiseSettledResult<PlannedTarget>[];
  definitions: Definitions;
  shared: Shared;
  /** Base images of which nothing is known here but the name. */
  unknownImages: ReadonlySet<string>;
}

/**
 * Plans targets with the keys that a build would look their steps up by. Nothing is executed and no server asked: an
 * image that the store does not have is known by its name or digest, and a URL by itself.
 */
export function withOfflinePlans<T>(
  targets: readonly BuildTarget[],
  settings: BuildSettings,
  work: (plans: OfflinePlans) => Promise<T>,
): Promise<T> {
  const unknownImages = new Set<string>();
  const standIn = (request: ResolveImageRequest): ResolvedImage => {
    unknownImages.add(request.name);
    return namedImage(request);
  };
  const plain = targets.map((target) => ({ ...target, noCache: false, noCacheFilter: [], pull: false }));
  return withEachPlan(plain, { ...settings, offline: true, standIn }, (planned, shared) =>
    work({ planned, definitions: new Definitions(offlineExecutors(shared)), shared, unknownImages }),
  );
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
