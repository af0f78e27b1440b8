import type { Json } from '../base/digest.ts';
import { type TsbuildError, toTsbuildError } from '../base/error.ts';
import type { PlannedTarget, Shared } from '../build/build.ts';
import { withOfflinePlans } from '../build/offline-plans.ts';
import { recordedGraph } from '../build/recorded-graph.ts';
import type { BuildSettings, BuildTarget } from '../build/target.ts';
import type { Definitions } from '../graph/definitions.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';

/** What a target would be for one platform. */
export interface ForeseenGraph {
  graph: RecordedGraph;
  /** What instructions would write into the image's history, and what the base has there. */
  history: Json;
}

/** What a target would be, or why nobody can say. */
export type Foreseen = { graphs: readonly ForeseenGraph[] } | { error: TsbuildError };

interface Foresight {
  targets: ReadonlyMap<string, Foreseen>;
  /** Base images of which nothing is known here but the name. */
  unknownImages: ReadonlySet<string>;
}

/** Says what targets would be. Nothing is executed and no server asked. */
export function foresee<T>(
  targets: ReadonlyMap<string, BuildTarget>,
  settings: BuildSettings,
  work: (foresight: Foresight, shared: Shared) => Promise<T>,
): Promise<T> {
  const names = [...targets.keys()];
  const named = [...targets].map(([name, target]) => ({ ...target, name }));
  return withOfflinePlans(named, settings, async ({ planned, definitions, shared, unknownImages }) => {
    const found = new Map<string, Foreseen>();
    for (const [index, outcome] of planned.entries()) {
      found.set(names[index] as string, await foreseen(outcome, definitions, shared));
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
