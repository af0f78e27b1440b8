import type { Digest } from '../base/digest.ts';
import type { ReadCache } from '../cache/read.ts';
import { explainTarget } from '../explain/explain.ts';
import { nearest } from '../explain/nearest.ts';
import type { StepState, TargetExplanation } from '../explain/types.ts';
import { Definitions } from '../graph/definitions.ts';
import { type Forecast, forecast } from '../graph/forecast.ts';
import { branchOf } from '../journal/branch.ts';
import { TargetMemory } from '../journal/target-memory.ts';
import { type PlannedTarget, type Shared, withPlans } from './build.ts';
import { executorsOf } from './executors.ts';
import { contextReasons, treeTexts } from './explain-context.ts';
import { importedCandidate } from './imported-candidate.ts';
import { recordedGraph } from './recorded-graph.ts';
import { identityOf } from './recorded-target.ts';
import { RemoteCache } from './remote-cache.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/** Says what a build of the targets would do with each step, and why. No step is executed, and nothing is remembered. */
export function explainTargets(targets: readonly BuildTarget[], settings: BuildSettings): Promise<TargetExplanation[]> {
  return withPlans(targets, settings, undefined, async (planned, shared) => {
    const { workspace, scopes } = shared;
    const remote = new RemoteCache(workspace, targets, settings);
    const definitions = new Definitions(executorsOf(workspace, scopes, settings));
    const explanations: TargetExplanation[] = [];
    for (const target of planned) {
      for (const graph of target.plans) {
        const forecasts = await forecast([graph.plan.rootfs], { definitions, cache: workspace.cache });
        const imported = await remote.read();
        const now = await recordedGraph(graph, definitions, scopes.directories);
        explanations.push(explained(target, { now, forecasts, imported, shared }));
      }
    }
    return explanations;
  });
}

interface Foreseen {
  now: Awaited<ReturnType<typeof recordedGraph>>;
  forecasts: readonly Forecast[];
  imported: readonly ReadCache[];
  shared: Shared;
}

function explained({ target, input }: PlannedTarget, { now, forecasts, imported, shared }: Foreseen) {
  const { records } = shared.workspace.store;
  return explainTarget({
    name: target.name,
    now,
    states: new Map(forecasts.map((step): [Digest, StepState] => [step.key, stateOf(step)])),
    before: nearest(new TargetMemory(records), {
      identity: identityOf(target, input),
      now,
      branch: branchOf(input.directory),
      imported: imported.map((cache) => importedCandidate(cache, now)),
    }),
    treeText: treeTexts(records, imported),
    ignoreReasons: contextReasons(shared.scopes.directories),
  });
}

function stateOf({ outcome, fresh, vertex, record }: Forecast): StepState {
  const { duration, created } = record ?? {};
  return { outcome, fresh: vertex.ignoreCache ? 'own' : fresh ? 'inherited' : undefined, duration, created };
}
