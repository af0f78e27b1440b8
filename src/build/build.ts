import { hexOf, type Json } from '../base/digest.ts';
import type { EventSink } from '../base/events.ts';
import { type Delivered, deliver } from '../export/deliver.ts';
import type { Output } from '../export/output.ts';
import { proxyEnvironment } from '../frontend/arguments.ts';
import { planImage } from '../frontend/plan.ts';
import type { ResolveImageRequest } from '../frontend/plan-types.ts';
import { readSyntax, type SyntaxRecords } from '../frontend/syntax-cache.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import { Solver } from '../graph/solver.ts';
import { hostPlatform } from '../oci/platform.ts';
import { ContextSource } from '../ops/context-source.ts';
import { copyExecutor } from '../ops/copy.ts';
import { imageExecutor, scratchExecutor } from '../ops/image.ts';
import { rootfsOf } from '../ops/rootfs.ts';
import { runExecutor } from '../ops/run.ts';
import { workdirExecutor } from '../ops/workdir.ts';
import { type BuildInput, readInput } from './input.ts';
import { internalStep } from './internal-step.ts';
import { openWorkspace, type Workspace } from './workspace.ts';

export interface BuildOptions {
  context: string;
  file?: string | undefined;
  target?: string | undefined;
  /** Full names. */
  tags: readonly string[];
  buildArgs: Readonly<Record<string, string>>;
  labels: Readonly<Record<string, string>>;
  noCache: boolean;
  /** Ask the registries for newer base images. */
  pull: boolean;
  jobs: number;
  outputs: readonly Output[];
  /** SOURCE_DATE_EPOCH in seconds. */
  epoch?: number | undefined;
  root: string;
  rootless: boolean;
  /** The user namespace maps a single id. */
  singleUid: boolean;
  emit: EventSink;
  signal: AbortSignal;
}

/** Builds what a build file says: reads it, plans a graph, solves it, and delivers the result to the outputs. */
export async function build(options: BuildOptions): Promise<Delivered> {
  const { emit } = options;
  const input = await internalStep(emit, '[internal] load build definition', () => readInput(options));
  const warn = (message: string) => emit({ type: 'warning', time: Date.now(), message });
  const workspace = await openWorkspace({ ...options, warn });
  try {
    const file = await readSyntax(input.source, syntaxRecords(workspace));
    await workspace.held;
    const plan = await planImage(file, {
      target: options.target,
      buildArgs: options.buildArgs,
      labels: options.labels,
      buildPlatform: hostPlatform(),
      targetPlatform: hostPlatform(),
      resolveImage: (request) => resolveBase(request, workspace, options),
      warn: ({ message, source, location }) => emit({ type: 'warning', time: Date.now(), message, source, location }),
    });
    const snapshot = await solve(plan, input, workspace, { ...options, warn });
    return await deliver(plan, snapshot, workspace, {
      ...options,
      step: (name, work) => internalStep(emit, name, work),
    });
  } finally {
    await workspace.close();
  }
}

function syntaxRecords({ store: { records } }: Workspace): SyntaxRecords {
  return {
    get: (key) => records.get('syntax', hexOf(key)),
    put: (key, value) => records.put('syntax', hexOf(key), value as Json),
  };
}

async function resolveBase({ name, platform }: ResolveImageRequest, workspace: Workspace, options: BuildOptions) {
  return internalStep(options.emit, `[internal] load metadata for ${name}`, async () => {
    const { pull, signal } = options;
    const { reference, descriptor, manifest, config } = await workspace.images.resolve(name, {
      platform,
      pull,
      signal,
    });
    return { reference, manifest: descriptor, layers: manifest.layers, config };
  });
}

async function solve(
  plan: ImagePlan,
  input: BuildInput,
  workspace: Workspace,
  options: BuildOptions & { warn: (message: string) => void },
): Promise<string | null> {
  const solver = new Solver({
    executors: executorsOf(input, workspace, options),
    cache: workspace.cache,
    jobs: options.jobs,
    useCache: () => !options.noCache,
    emit: options.emit,
    signal: options.signal,
  });
  const [result] = await solver.solve([plan.rootfs]);
  return rootfsOf(result as NonNullable<typeof result>).snapshot;
}

function executorsOf(
  input: BuildInput,
  workspace: Workspace,
  options: BuildOptions & { warn: (message: string) => void },
) {
  const { snapshots, layers, state, store } = workspace;
  const { records } = store;
  const source = new ContextSource({
    directory: input.directory,
    rules: input.rules,
    ignoreText: input.ignoreText,
    state,
    records: {
      get: (kind, key) => records.get(kind, hexOf(key)),
      put: (kind, key, value) => records.put(kind, hexOf(key), value as Json),
    },
  });
  const common = { snapshots, layers, onOwnershipLost: workspace.onOwnershipLost };
  return {
    scratch: scratchExecutor,
    image: imageExecutor(snapshots),
    workdir: workdirExecutor(common),
    copy: copyExecutor({ ...common, source }),
    run: runExecutor({
      ...common,
      state,
      proxyEnvironment: proxyEnvironment(options.buildArgs),
      singleUid: options.singleUid,
    }),
  };
}
