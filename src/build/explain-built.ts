import type { Digest } from '../base/digest.ts';
import type { ReadCache } from '../cache/read.ts';
import { explainTarget } from '../explain/explain.ts';
import { nearest } from '../explain/nearest.ts';
import type { StepState, TargetExplanation } from '../explain/types.ts';
import type { DefinedVertex } from '../graph/definitions.ts';
import type { Solver } from '../graph/solver.ts';
import { branchOf } from '../journal/branch.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';
import type { StepTracker } from '../journal/step-tracker.ts';
import type { TargetMemory } from '../journal/target-memory.ts';
import type { Store } from '../store/open.ts';
import { contextReasons, treeTexts } from './explain-context.ts';
import { importedCandidate } from './imported-candidate.ts';
import type { ContextDirectory } from './input.ts';
import { identityOf, type RecordedTarget } from './recorded-target.ts';

interface Built {
  /** Caches of other machines that something was looked up in. */
  imported: readonly ReadCache[];
  store: Store;
  memory: TargetMemory;
  solver: Solver;
  steps: StepTracker;
  /** By scope. */
  directories: ReadonlyMap<string, ContextDirectory>;
}

/** Explains a build that has been done, or has come as far as it could, by what its steps have come to. */
export async function explainBuilt(
  targets: readonly RecordedTarget[],
  graphs: readonly (readonly RecordedGraph[])[],
  { imported, store, memory, solver, steps, directories }: Built,
): Promise<TargetExplanation[]> {
  const explanations: TargetExplanation[] = [];
  for (const [index, { target, input, plans }] of targets.entries()) {
    for (const [at, { plan }] of plans.entries()) {
      const now = graphs[index]?.[at] as RecordedGraph;
      const defined = await solver.definitions.all([plan.rootfs]);
      explanations.push(
        explainTarget({
          name: target.name,
          now,
          states: statesOf(defined, steps),
          before: nearest(memory, {
            identity: identityOf(target, input),
            now,
            branch: branchOf(input.directory),
            imported: imported.map((cache) => importedCandidate(cache, now)),
          }),
          treeText: treeTexts(store.records, imported),
          ignoreReasons: contextReasons(directories),
        }),
      );
    }
  }
  return explanations;
}

function statesOf(defined: readonly DefinedVertex[], steps: StepTracker): Map<Digest, StepState> {
  const executed = steps.executed;
  return new Map(
    defined.map(({ key, vertex, fresh }): [Digest, StepState] => {
      const isFree = vertex.op.kind === 'image' || vertex.display.internal === true;
      const outcome = steps.isHit(key) && !isFree ? 'hit' : isFree ? 'free' : executed.has(key) ? 'miss' : 'open';
      return [key, { outcome, fresh: vertex.ignoreCache ? 'own' : fresh ? 'inherited' : undefined }];
    }),
  );
}
