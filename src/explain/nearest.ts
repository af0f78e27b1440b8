import type { Digest } from '../base/digest.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';
import type { EarlierBuild, TargetIdentity, TargetMemory } from '../journal/target-memory.ts';
import type { Baseline } from './types.ts';

export interface Candidate {
  graph: RecordedGraph;
  baseline: Baseline;
  failed?: boolean | undefined;
}

interface Wanted {
  identity: TargetIdentity;
  now: RecordedGraph;
  branch?: string | undefined;
  /** Of caches that were imported. */
  imported?: readonly Candidate[] | undefined;
}

/**
 * The earlier build to compare with: of this target and of imported caches the one that shares most steps, of several
 * of these one of this branch and the newest; else the nearest of the same build file in another directory.
 */
export function nearest(memory: TargetMemory, { identity, now, branch, imported = [] }: Wanted): Candidate | undefined {
  const keys = new Set(now.steps.map(({ key }) => key));
  const own = memory.recall(identity);
  const mine = candidatesOf(memory, own?.builds ?? [], { kind: 'target' });
  return (
    best([...mine, ...imported], keys, branch) ??
    best(
      memory
        .similar(identity)
        .flatMap(({ builds, directory }) => candidatesOf(memory, builds, { kind: 'elsewhere', place: directory })),
      keys,
      branch,
    )
  );
}

function candidatesOf(
  memory: TargetMemory,
  builds: readonly EarlierBuild[],
  baseline: Pick<Baseline, 'kind' | 'place'>,
): Candidate[] {
  return builds.flatMap(({ build, time, branch, failed, graphs }) =>
    graphs.flatMap((key) => {
      const graph = memory.graph(key);
      return graph === undefined ? [] : [{ graph, failed, baseline: { ...baseline, build, time, branch } }];
    }),
  );
}

function best(candidates: readonly Candidate[], keys: ReadonlySet<Digest>, branch: string | undefined) {
  const rated = candidates.map((candidate) => ({
    candidate,
    shared: candidate.graph.steps.filter(({ key }) => keys.has(key)).length,
    isHere: candidate.baseline.branch === branch,
  }));
  const [first] = rated.sort((a, b) => b.shared - a.shared || Number(b.isHere) - Number(a.isHere));
  return first?.candidate;
}
