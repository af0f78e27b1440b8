import type { TargetIdentity } from '../journal/target-memory.ts';
import type { BuildInput } from './input.ts';
import type { PlannedGraph } from './recorded-graph.ts';
import type { BuildTarget } from './target.ts';

/** A target with what was planned for it: one graph for each platform. */
export interface RecordedTarget {
  target: BuildTarget;
  input: BuildInput;
  plans: readonly PlannedGraph[];
}

/** What two builds of a target have in common. */
export function identityOf({ file, target, name, inline }: BuildTarget, { directory }: BuildInput): TargetIdentity {
  return { directory, file: inline === undefined ? file : undefined, target, name };
}
