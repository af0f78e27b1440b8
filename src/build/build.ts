import { hexOf, type Json } from '../base/digest.ts';
import { type Delivered, deliver } from '../export/deliver.ts';
import { planChecked } from '../frontend/lint/checked-plan.ts';
import type { ResolvedImage, ResolveImageRequest, Warning } from '../frontend/plan-types.ts';
import { readSyntax, type SyntaxRecords } from '../frontend/syntax-cache.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { Solver } from '../graph/solver.ts';
import type { Result } from '../graph/vertex.ts';
import { formatPlatform, hostPlatform } from '../oci/platform.ts';
import { rootfsOf } from '../ops/rootfs.ts';
import { executorsOf, Scopes } from './executors.ts';
import { type BuildInput, type ContextDirectory, readInput } from './input.ts';
import { internalStep } from './internal-step.ts';
import { namedContexts } from './named-contexts.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

export type BuildOptions = BuildTarget & BuildSettings;

/** Builds what a build file says: reads it, plans a graph, solves it, and delivers the result to the outputs. */
export async function build(options: BuildOptions): Promise<Delivered> {
  const [delivered] = await buildTargets([options], options);
  return delivered as Delivered;
}

/**
 * Builds several targets side by side: in one graph, in which equal steps run once. Nothing is delivered before all of
 * them are built; then each is, in order.
 */
export async function buildTargets(targets: readonly BuildTarget[], settings: BuildSettings): Promise<Delivered[]> {
  const inputs = await Promise.all(targets.map((target) => readTarget(target, settings)));
  const workspace = await openWorkspace({ ...settings, warn: (message) => warn(settings, { message }) });
  try {
    const scopes = new Scopes(workspace);
    const planner = { workspace, scopes, settings, resolveImage: sharedImages(workspace, settings) };
    const plans = await Promise.all(
      targets.map((target, index) => planTarget(target, inputs[index] as BuildInput, planner)),
    );
    const results = await solve(plans, planner);
    const delivered: Delivered[] = [];
    for (const [index, target] of targets.entries()) {
      const { snapshot } = rootfsOf(results[index] as Result);
      delivered.push(await deliverTarget(target, plans[index] as ImagePlan, snapshot, planner));
    }
    return delivered;
  } finally {
    await workspace.close();
  }
}

/** What the targets of a build share. */
interface Shared {
  workspace: Workspace;
  scopes: Scopes;
  settings: BuildSettings;
  resolveImage: (request: ResolveImageRequest, target: BuildTarget) => Promise<ResolvedImage>;
}

function readTarget(target: BuildTarget, { emit }: BuildSettings): Promise<BuildInput> {
  return internalStep(emit, `${stepLabel(target)} load build definition`, () => readInput(target));
}

async function planTarget(target: BuildTarget, input: BuildInput, shared: Shared): Promise<ImagePlan> {
  const { workspace, scopes, settings, resolveImage } = shared;
  const file = await readSyntax(input.source, syntaxRecords(workspace));
  await workspace.held;
  const resolve = (request: ResolveImageRequest) => resolveImage(request, target);
  const addScope = (directory: ContextDirectory) => scopes.add(directory, target);
  return planChecked(file, {
    ...target,
    ignore: input.rules,
    label: target.name,
    scope: addScope(input),
    namedContext: target.contexts && namedContexts({ contexts: target.contexts, addScope, resolveImage: resolve }),
    buildPlatform: hostPlatform(),
    targetPlatform: hostPlatform(),
    resolveImage: resolve,
    warn: (warning) => warn(settings, warning),
  });
}

async function solve(plans: readonly ImagePlan[], { workspace, scopes, settings }: Shared): Promise<Result[]> {
  const { jobs, emit, signal } = settings;
  const executors = executorsOf(workspace, scopes, settings);
  const solver = new Solver({ executors, cache: workspace.cache, jobs, emit, signal });
  return solver.solve(plans.map((plan) => plan.rootfs));
}

function deliverTarget(
  target: BuildTarget,
  plan: ImagePlan,
  snapshot: string | null,
  { workspace, settings }: Shared,
): Promise<Delivered> {
  const label = target.name === undefined ? '' : `[${target.name}] `;
  return deliver(plan, snapshot, workspace, {
    ...target,
    ...settings,
    step: (name, work) => internalStep(settings.emit, `${label}${name}`, work),
  });
}

/** `[internal]`, and where there are several targets `[app internal]`. */
function stepLabel({ name }: BuildTarget): string {
  return name === undefined ? '[internal]' : `[${name} internal]`;
}

function syntaxRecords({ store: { records } }: Workspace): SyntaxRecords {
  return {
    get: (key) => records.get('syntax', hexOf(key)),
    put: (key, value) => records.put('syntax', hexOf(key), value as Json),
  };
}

/** Base images, each resolved once in a build. */
function sharedImages({ images }: Workspace, { emit, signal }: BuildSettings): Shared['resolveImage'] {
  const resolving = new Map<string, Promise<ResolvedImage>>();
  const resolve = ({ name, platform }: ResolveImageRequest, target: BuildTarget): Promise<ResolvedImage> =>
    internalStep(emit, `${stepLabel(target)} load metadata for ${name}`, async () => {
      const { pull } = target;
      const { reference, descriptor, manifest, config } = await images.resolve(name, { platform, pull, signal });
      return { reference, manifest: descriptor, layers: manifest.layers, config };
    });
  return (request, target) => {
    const key = JSON.stringify([request.name, formatPlatform(request.platform), target.pull]);
    const image = resolving.get(key) ?? resolve(request, target);
    resolving.set(key, image);
    return image;
  };
}

function warn({ emit }: BuildSettings, warning: Partial<Warning> & { message: string }): void {
  emit({ type: 'warning', time: Date.now(), ...warning });
}
