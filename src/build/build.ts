import type { Attestation } from '../attest/attestation.ts';
import { hexOf, type Json } from '../base/digest.ts';
import { toTsbuildError } from '../base/error.ts';
import type { BuiltImage } from '../export/built.ts';
import { type Delivered, deliver, idOf } from '../export/deliver.ts';
import { planUpTo } from '../frontend/at-line.ts';
import { planChecked } from '../frontend/lint/checked-plan.ts';
import type { ResolvedImage, ResolveImageRequest, Warning } from '../frontend/plan-types.ts';
import { type SyntaxRecords, sharedSyntax } from '../frontend/syntax-cache.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { Solver } from '../graph/solver.ts';
import type { Result } from '../graph/vertex.ts';
import { formatWithVersion, hostPlatform } from '../oci/platform.ts';
import type { Platform } from '../oci/types.ts';
import { rootfsOf } from '../ops/rootfs.ts';
import { executorsOf, Scopes } from './executors.ts';
import { FailedStep } from './failed-step.ts';
import { fetchContext, isFetched } from './fetched-context.ts';
import { inTarget } from './in-target.ts';
import { type BuildInput, type ContextDirectory, type InputOptions, readInput } from './input.ts';
import { internalStep } from './internal-step.ts';
import type { LayoutImage } from './layout-context.ts';
import { namedContexts } from './named-contexts.ts';
import { emulates, platformsOf, type TargetPlatforms } from './platforms.ts';
import type { PlannedGraph } from './recorded-graph.ts';
import type { RecordedTarget } from './recorded-target.ts';
import { Recording } from './recording.ts';
import type { RemoteCache } from './remote-cache.ts';
import { ResolvedImages, resolvedImage } from './resolved-image.ts';
import { secretHeaders } from './secret-headers.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

export type BuildOptions = BuildTarget & BuildSettings;

/** Builds what a build file says: reads it, plans a graph, solves it, and delivers the result to the outputs. */
export async function build(options: BuildOptions): Promise<Delivered> {
  const [delivered] = await buildTargets([options], options);
  return delivered as Delivered;
}

/**
 * Builds several targets side by side, each for one or several platforms: in one graph, in which equal steps run once.
 * Nothing is delivered before all of them are built; then each is, in order. What happened is kept as a journal.
 */
export async function buildTargets(targets: readonly BuildTarget[], given: BuildSettings): Promise<Delivered[]> {
  const recording = new Recording(given);
  const settings = { ...given, emit: recording.emit };
  return withPlans(targets, settings, recording, async (planned, shared) => {
    const remote = await remoteCache(targets, shared);
    return withoutLostLayers(shared, async () => {
      const built = await solve(planned, shared, { recording, remote });
      const delivered = await deliverTargets(planned, built, recording, { remote, ...shared });
      recording.delivered(delivered.flatMap(({ image }) => (image === undefined ? [] : [idOf(image)])));
      const exported = planned.map(({ target, plans }) => ({ target, plans: plans.map(({ plan }) => plan) }));
      await remote?.export(exported, built.solver);
      return delivered;
    });
  });
}

/**
 * Opens the store, plans the targets and goes on with what is planned. A target that waits for a context to be fetched
 * holds up no other one; what is wrong with a local build file is said before the store is opened.
 */
export async function withPlans<T>(
  targets: readonly BuildTarget[],
  settings: BuildSettings,
  recording: Recording | undefined,
  work: (planned: readonly PlannedTarget[], shared: Shared) => Promise<T>,
): Promise<T> {
  for (const target of targets) platformsOf(target);
  const local = targets.map((target) => (isFetched(target.context) ? undefined : readTarget(target, target, settings)));
  const inputs = await Promise.all(local);
  const workspace = await openWorkspace({ ...settings, warn: (message) => warn(settings, { message }) });
  const shared = sharedOf(workspace, settings, recording?.onSecret);
  try {
    const run = async () => work(await Promise.all(planTargets(targets, inputs, shared)), shared);
    return await (recording === undefined ? run() : recording.during(workspace.store, run));
  } catch (error) {
    await settings.onFailed?.(error, shared.failed.shell(workspace.snapshots));
    throw error;
  } finally {
    shared.failed.discard();
    await workspace.close();
  }
}

/** As `withPlans`, where a target that cannot be planned is told as such and holds up no other. */
export async function withEachPlan<T>(
  targets: readonly BuildTarget[],
  settings: BuildSettings,
  work: (planned: readonly PromiseSettledResult<PlannedTarget>[], shared: Shared) => Promise<T>,
): Promise<T> {
  const workspace = await openWorkspace({ ...settings, warn: (message) => warn(settings, { message }) });
  try {
    const shared = sharedOf(workspace, settings);
    const planned = planTargets(
      targets,
      targets.map(() => undefined),
      shared,
    );
    return await work(await Promise.allSettled(planned), shared);
  } finally {
    await workspace.close();
  }
}

function planTargets(
  targets: readonly BuildTarget[],
  inputs: readonly (BuildInput | undefined)[],
  shared: Shared,
): Promise<PlannedTarget>[] {
  return targets.map(async (target, index): Promise<PlannedTarget> => {
    const wanted = platformsOf(target);
    const reading = inTarget(target, async () => inputs[index] ?? (await readAny(target, shared)));
    const planning = inTarget(target, async () => planTarget({ target, input: await reading, ...wanted }, shared));
    if (target.name !== undefined) shared.planning.set(target.name, planning);
    return { target, plans: await planning, input: await reading, multi: wanted.multi };
  });
}

async function deliverTargets(
  planned: readonly PlannedTarget[],
  { results, solver }: Solved,
  recording: Recording,
  { remote, ...shared }: Shared & { remote: RemoteCache | undefined },
): Promise<Delivered[]> {
  const { workspace, settings } = shared;
  const delivered: Delivered[] = [];
  for (const one of planned) {
    const { target, plans, multi } = one;
    const images: BuiltImage[] = [];
    for (const image of plans) {
      const extraConfig = await remote?.inlineField(target, image.plan, solver);
      const result = results.get(image) as Result;
      const attestations = await attestationsOf(one, image, { result, solver, recording }, shared);
      images.push({ ...builtOf(image, result), extraConfig, attestations });
    }
    const built = { images, multiPlatform: multi };
    const step = <T>(name: string, work: Parameters<typeof internalStep<T>>[2]) =>
      internalStep(settings.emit, `${labelOf(target)}${name}`, work);
    delivered.push(await inTarget(target, () => deliver(built, workspace, { ...target, ...settings, step })));
  }
  return delivered;
}

/**
 * A hit of another machine's cache is believed before its blobs are fetched. Where one then cannot be had, or is not
 * what the cache said, the layer counts as missing and the work is done again: steps that need it are misses now, all
 * others hits. Each round gives up one layer at least, so it ends.
 */
export async function withoutLostLayers<T>(
  { workspace, settings, failed }: Shared,
  work: () => Promise<T>,
): Promise<T> {
  const { snapshots, images } = workspace;
  while (true) {
    const before = snapshots.lostCount;
    try {
      return await work();
    } catch (error) {
      if (settings.signal.aborted) throw error;
      snapshots.loseLayersOf(images.unavailable);
      if (snapshots.lostCount === before) throw error;
      failed.discard();
      const message = `a layer of the cache cannot be had, its step is executed again: ${toTsbuildError(error).message}`;
      warn(settings, { message });
    }
  }
}

/** What the targets of a build share. */
export interface Shared {
  workspace: Workspace;
  scopes: Scopes;
  settings: BuildSettings;
  /** The images that names have led to, by the digests of their manifests. */
  resolved: ResolvedImages;
  failed: FailedStep;
  /** The targets by name, for those that are built on others. */
  planning: Map<string, Promise<PlannedImage[]>>;
  resolveImage: (request: ResolveImageRequest, step: string, pull: boolean) => Promise<ResolvedImage>;
  warn: (warning: Warning) => void;
  /** The syntax tree of a build file, which targets with the same one share. */
  syntaxOf: ReturnType<typeof sharedSyntax>;
}

function sharedOf(workspace: Workspace, settings: BuildSettings, onSecret?: (value: Buffer) => void): Shared {
  const told = new Set<string>();
  const resolved = new ResolvedImages();
  return {
    workspace,
    scopes: new Scopes(workspace, onSecret),
    settings,
    resolved,
    failed: new FailedStep(),
    planning: new Map(),
    resolveImage: sharedImages(workspace, settings, resolved),
    syntaxOf: sharedSyntax(syntaxRecords(workspace)),
    // What a build file is warned of for one platform need not be said again for the next.
    warn: (warning) => {
      const key = JSON.stringify([warning.message, warning.source.name, warning.location]);
      if (!told.has(key)) warn(settings, warning);
      told.add(key);
    },
  };
}

function readTarget(target: BuildTarget, input: InputOptions, { emit }: BuildSettings): Promise<BuildInput> {
  const step = `${internal(target.name)} load build definition`;
  return inTarget(target, () => internalStep(emit, step, () => readInput(input)));
}

async function readAny(target: BuildTarget, shared: Shared): Promise<BuildInput> {
  if (!isFetched(target.context)) return readTarget(target, target, shared.settings);
  const { origin, ...fetched } = await fetchContext(target, shared);
  return { ...(await readTarget(target, { ...fetched, inline: target.inline }, shared.settings)), origin };
}

/** The plan of a target for one platform. */
type PlannedImage = PlannedGraph;

/** A target with its plans, one for each platform. */
export interface PlannedTarget extends RecordedTarget {
  multi: boolean;
}

interface Solved {
  results: ReadonlyMap<PlannedImage, Result>;
  solver: Solver;
}

interface TargetToPlan extends TargetPlatforms {
  target: BuildTarget;
  input: BuildInput;
}

/** One plan for each platform, in their order. */
async function planTarget(planning: TargetToPlan, shared: Shared): Promise<PlannedImage[]> {
  const { target, input, platforms } = planning;
  const { workspace, scopes } = shared;
  const file = await shared.syntaxOf(input.source);
  await workspace.held;
  const addScope = (directory: ContextDirectory) => scopes.add(directory, target);
  const scope = addScope(input);
  const end = target.at === undefined ? {} : planUpTo(file, target.at);
  const plan = (platform: Platform) =>
    planChecked(file, { ...planOptions(planning, { platform, scope, addScope }, shared), ...end });
  return Promise.all(platforms.map(async (platform) => ({ plan: await plan(platform), platform })));
}

function planOptions(
  { target, input, given, multi }: TargetToPlan,
  { platform, scope, addScope }: { platform: Platform; scope: string; addScope: (of: ContextDirectory) => string },
  shared: Shared,
) {
  const credentials = shared.scopes.credentials.withSecrets(secretHeaders(target.secrets));
  const shown = (wanted: Platform) => (multi ? formatWithVersion(wanted) : undefined);
  const resolveImage = (request: ResolveImageRequest) =>
    shared.resolveImage(request, internal(target.name, shown(request.platform)), target.pull);
  return {
    ...target,
    ignore: input.rules,
    label: target.name,
    scope,
    credentials,
    namedContext:
      target.contexts &&
      namedContexts({
        contexts: target.contexts,
        addScope,
        resolveImage,
        resolveLayout: async (image, wanted) => shared.resolved.add(await resolveLayout(image, wanted, shared)),
        planOf: (name) => planOf(name, platform, shared),
        credentials,
        files: target.files,
      }),
    showPlatform: multi,
    buildPlatform: hostPlatform(),
    targetPlatform: platform,
    platformGiven: given,
    emulates,
    resolveImage,
    warn: shared.warn,
  };
}

/** Loaded where a target shares its cache. */
export async function remoteCache(
  targets: readonly BuildTarget[],
  { workspace, settings }: Shared,
): Promise<RemoteCache | undefined> {
  const isShared = targets.some(({ cacheFrom = [], cacheTo = [] }) => cacheFrom.length + cacheTo.length > 0);
  if (!isShared) return undefined;
  const { RemoteCache } = await import('./remote-cache.ts');
  return new RemoteCache(workspace, targets, settings);
}

/** What another target is planned to be on a platform, or on the only one that it is built for. */
function planOf(name: string, platform: Platform, { planning }: Shared): Promise<ImagePlan> | undefined {
  const wanted = formatWithVersion(platform);
  return planning.get(name)?.then((images) => {
    const found = images.find((image) => formatWithVersion(image.platform) === wanted) ?? images[0];
    return (found as PlannedImage).plan;
  });
}

async function solve(
  targets: readonly PlannedTarget[],
  { workspace, scopes, settings, failed }: Shared,
  { recording, remote }: { recording: Recording; remote: RemoteCache | undefined },
): Promise<Solved> {
  const { jobs, emit, signal } = settings;
  const take = settings.onFailed && failed.take;
  const executors = executorsOf(workspace, scopes, settings, take);
  const solver = new Solver({ executors, cache: workspace.cache, jobs, emit, signal });
  const planned = targets.flatMap(({ plans }) => plans);
  try {
    const results = await solver.solve(planned.map(({ plan }) => plan.rootfs));
    return { results: new Map(planned.map((image, index) => [image, results[index] as Result])), solver };
  } finally {
    const { snapshots } = workspace;
    const imported = async () => (await remote?.read()) ?? [];
    await recording.solved(targets, { solver, directories: scopes.directories, snapshots, imported });
  }
}

function builtOf(image: PlannedImage, result: Result): BuiltImage {
  return { ...image, snapshot: rootfsOf(result).snapshot };
}

/** Loaded where something is to be attested. */
async function attestationsOf(
  planned: PlannedTarget,
  image: PlannedImage,
  solved: { result: Result; solver: Solver; recording: Recording },
  { workspace, scopes, settings, resolved }: Shared,
): Promise<readonly Attestation[] | undefined> {
  const { attest } = planned.target;
  if (attest?.provenance === undefined && attest?.sbom !== true) return undefined;
  const { attestationsOf } = await import('./attestations.ts');
  const { directories } = scopes;
  return attestationsOf({ ...planned, ...image, ...solved, attest, directories, resolved }, workspace, settings);
}

/** `[internal]`, and where there are several targets or platforms `[app linux/arm64 internal]`. */
function internal(...of: (string | undefined)[]): string {
  return `[${[...of, 'internal'].filter((part) => part !== undefined).join(' ')}]`;
}

function labelOf({ name }: BuildTarget): string {
  return name === undefined ? '' : `[${name}] `;
}

function syntaxRecords({ store: { records } }: Workspace): SyntaxRecords {
  return {
    get: (key) => records.get('syntax', hexOf(key)),
    put: (key, value) => records.put('syntax', hexOf(key), value as Json),
  };
}

async function resolveLayout(
  { directory, descriptor }: LayoutImage,
  platform: Platform,
  { workspace, settings: { signal } }: Shared,
): Promise<ResolvedImage> {
  await workspace.held;
  return resolvedImage(await workspace.images.resolveInLayout(directory, descriptor, { platform, signal }));
}

/** Base images, each resolved once in a build. */
function sharedImages(
  { images }: Workspace,
  { emit, signal, locked, standIn }: BuildSettings,
  resolved: ResolvedImages,
): Shared['resolveImage'] {
  const resolving = new Map<string, Promise<ResolvedImage>>();
  const find = async ({ name, platform }: ResolveImageRequest, pull: boolean): Promise<ResolvedImage> => {
    const wanted = locked === undefined ? { name, pull } : { name: await fromLock(name, locked), pull: false };
    const finding = images.resolve(wanted.name, { platform, pull: wanted.pull, signal }).then(resolvedImage);
    const found = standIn === undefined ? finding : finding.catch(() => standIn({ name: wanted.name, platform }));
    return resolved.add(await found);
  };
  const resolve = (request: ResolveImageRequest, step: string, pull: boolean): Promise<ResolvedImage> =>
    internalStep(emit, `${step} load metadata for ${request.name}`, () => find(request, pull));
  return (request, step, pull) => {
    const key = JSON.stringify([request.name, formatWithVersion(request.platform), pull]);
    const image = resolving.get(key) ?? resolve(request, step, pull);
    resolving.set(key, image);
    return image;
  };
}

/** Loaded where images are locked. */
async function fromLock(name: string, locked: NonNullable<BuildSettings['locked']>): Promise<string> {
  const { lockedName } = await import('./lock.ts');
  return lockedName(name, locked);
}

function warn({ emit }: BuildSettings, warning: Partial<Warning> & { message: string }): void {
  emit({ type: 'warning', time: Date.now(), ...warning });
}
