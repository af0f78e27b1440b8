import type { Json } from '../base/digest.ts';
import type { DefinedVertex, Definitions } from '../graph/definitions.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { RecordedGraph, RecordedStep } from '../journal/graph-record.ts';
import { formatWithVersion } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import type { ContextDirectory } from './input.ts';

/** What was planned for one platform. */
export interface PlannedGraph {
  plan: ImagePlan;
  platform: Platform;
}

/** The graph as it is kept for comparing. `directories` are the build contexts by scope. */
export async function recordedGraph(
  { plan, platform }: PlannedGraph,
  definitions: Definitions,
  directories: ReadonlyMap<string, ContextDirectory>,
): Promise<RecordedGraph> {
  const steps = (await definitions.all([plan.rootfs])).map(recordedStep);
  const scopes = new Set(steps.map(({ scope = '' }) => scope));
  const { author } = plan;
  return {
    platform: formatWithVersion(platform),
    config: { ...plan.config, author } as unknown as Json,
    ignore: Object.fromEntries([...scopes].map((scope) => [scope, directories.get(scope)?.ignoreText ?? ''])),
    steps,
  };
}

function recordedStep({ key, preImage, vertex }: DefinedVertex): RecordedStep {
  const { name, internal, buildArguments } = vertex.display;
  return { key, name, preImage, internal, buildArguments, scope: vertex.scope };
}
