import { Solver } from '../graph/solver.ts';
import type { ExecuteContext, Vertex } from '../graph/vertex.ts';
import { stepSandbox } from '../ops/run-sandbox.ts';
import { runShell } from '../ops/step-shell.ts';
import { remoteCache, type Shared, withoutLostLayers, withPlans } from './build.ts';
import { executorsOf, sandboxContext } from './executors.ts';
import type { OpenShell } from './failed-step.ts';
import type { BuildSettings, BuildTarget } from './target.ts';

/**
 * Builds what is there before the instruction at `target.at`, and lets `work` open shells there: where the instruction
 * is a RUN, with all that its command would find. What they write is discarded.
 * @param work `vertex` is the RUN, or what stands in for another instruction
 */
export function debugTarget<T>(
  target: BuildTarget & { at: number },
  settings: BuildSettings,
  work: (vertex: Vertex, shell: OpenShell) => Promise<T>,
): Promise<T> {
  return withPlans([target], settings, undefined, async (planned, shared) => {
    const vertex = planned[0]?.plans[0]?.plan.rootfs as Vertex;
    await remoteCache([target], shared);
    const inputs = await withoutLostLayers(shared, () => solveInputs(vertex, shared));
    const { workspace, scopes } = shared;
    const step = await stepSandbox(vertex, inputs, sandboxContext(workspace, scopes, settings), executionIn(settings));
    try {
      return await work(vertex, (io) => runShell(step, workspace.snapshots, io));
    } finally {
      step.discard();
    }
  });
}

function solveInputs({ inputs }: Vertex, { workspace, scopes, settings, failed }: Shared) {
  const { jobs, emit, signal } = settings;
  const executors = executorsOf(workspace, scopes, settings, settings.onFailed && failed.take);
  return new Solver({ executors, cache: workspace.cache, jobs, emit, signal }).solve(inputs);
}

/** What is said while the sandbox is prepared is a warning: no step of the display is there to say it. */
function executionIn({ signal, emit }: BuildSettings): ExecuteContext {
  return {
    signal,
    log: (_, data) => emit({ type: 'warning', time: Date.now(), message: data.toString().trim() }),
    status: () => undefined,
  };
}
