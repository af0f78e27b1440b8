import { join } from 'node:path';
import type { Backend, Limits, SandboxSpec, Ulimit } from '../../runner/index.ts';
import { toBytePath } from '../base/bytepath.ts';
import type { ExecuteContext, Result, Vertex } from '../graph/vertex.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import type { OpsContext } from './context.ts';
import type { MountSource } from './mounts/mount-source.ts';
import type { Mounted } from './mounts/mounted.ts';
import type { MountOp } from './mounts/op.ts';
import { type MountResources, prepareMounts } from './mounts/prepare.ts';
import type { NetworkPool, StepNetwork } from './network-pool.ts';
import { rootfsOf } from './rootfs.ts';
import type { Roots } from './roots.ts';
import { type HostEntry, type StepRoot, writeEtcFiles, writeOpenFile } from './sandbox-root.ts';
import { stepRoot } from './step-root.ts';
import { possibleUser, resolveUser } from './users.ts';

export interface RunOp {
  argv: readonly string[];
  /** A heredoc that begins with `#!`: a program of its own. */
  file?: { name: string; content: string } | undefined;
  environment: readonly string[];
  directory: string;
  user?: string | undefined;
  network: 'default' | 'host' | 'none';
  /** All rights, behind an entitlement of the command line. */
  insecure?: boolean | undefined;
  /** Bytes. */
  shmSize?: number | undefined;
  ulimits?: readonly Ulimit[] | undefined;
  hostname?: string | undefined;
  mounts?: readonly MountOp[] | undefined;
}

/** What the sandboxes of steps are made with. */
export interface SandboxContext extends OpsContext {
  /** `<root>/v1`. */
  state: string;
  resources: (vertex: Vertex) => StepResources;
  network: NetworkPool;
  /** How the roots of steps are made: no part of any key either. */
  roots: Roots;
  /** Where cache mounts come from that are not here. */
  mountSource: () => MountSource | undefined;
  singleUid: boolean;
  /** What makes the sandboxes: no part of any key, since it does not change what a step does. */
  backend: Backend;
}

/** What a step uses that is no part of its identity. */
export interface StepResources extends MountResources {
  /** The proxies' variables: part of the environment, and of nothing that is kept. */
  proxyEnvironment: Readonly<Record<string, string>>;
  /** Lines of /etc/hosts. */
  hosts: readonly HostEntry[];
  limits: Limits | undefined;
}

/** The same on every machine, since it is visible to the step. The reference builder's name. */
const DEFAULT_HOSTNAME = 'buildkitsandbox';
/** Where a heredoc program is mounted, as with the reference: programs see it as $0. */
const SCRIPT_DIRECTORY = '/dev/pipes';

/** A sandbox for the command of a RUN, and the draft that the command writes to. */
export interface StepSandbox {
  vertex: Vertex;
  draft: Draft;
  spec: SandboxSpec;
  /** See `StepRoot`. */
  finish: StepRoot['finish'];
  /** Ends what the mounts hold, and gives the network back. */
  release(): void;
  /** Releases, and removes the draft. */
  discard(): void;
}

/** Prepares everything that the command of a RUN needs, and starts nothing. */
export async function stepSandbox(
  vertex: Vertex,
  inputs: readonly Result[],
  context: SandboxContext,
  execution: ExecuteContext,
): Promise<StepSandbox> {
  const { snapshots, layers } = context;
  context.roots.begin();
  const { snapshot } = rootfsOf(inputs[0] as Result);
  const view = await layers.view(snapshot, execution.status);
  const draft = snapshots.draft(snapshot);
  const held: (() => void)[] = [];
  const release = () => {
    for (const end of held.splice(0)) end();
  };
  const discard = () => {
    release();
    snapshots.discard(draft);
  };
  try {
    const resources = context.resources(vertex);
    const own = { ...resources, directory: draft.directory, inputs, vertex, execution };
    const mounted = await prepareMounts(opOf(vertex).mounts ?? [], { ...context, ...own });
    held.push(mounted.release);
    const network = await networkOf(opOf(vertex), context);
    held.push(() => network.release());
    const around = { context, view, draft, signal: execution.signal };
    const { spec, finish } = await specOf(opOf(vertex), { mounted, resources, network }, around);
    return { vertex, draft, spec, finish, release, discard };
  } catch (error) {
    discard();
    throw error;
  }
}

async function networkOf({ network }: RunOp, context: SandboxContext): Promise<StepNetwork> {
  return network === 'default' ? context.network.take() : { use: network, release: () => undefined };
}

async function specOf(
  op: RunOp,
  { mounted, resources, network }: { mounted: Mounted; resources: StepResources; network: StepNetwork },
  around: { context: SandboxContext; view: RootView; draft: Draft; signal: AbortSignal },
): Promise<Pick<StepSandbox, 'spec' | 'finish'>> {
  const { context, view, draft, signal } = around;
  const { hostname = DEFAULT_HOSTNAME } = op;
  const user = possibleUser(resolveUser(view, op.user), context);
  const script = op.file && scriptMount(op.file, draft);
  const scriptPoint = script === undefined ? [] : [{ path: script.target.slice(1), type: 'file' as const }];
  const points = [...scriptPoint, ...mounted.points];
  const { overlay, finish } = await stepRoot({ draft, view }, points, { ...context, signal });
  const directory = join(draft.directory, 'etc');
  const spec: SandboxSpec = {
    overlay,
    args: commandOf(op),
    env: environmentOf(op, user.home, resources.proxyEnvironment, mounted.environment),
    cwd: op.directory,
    user,
    hostname,
    network: network.use,
    insecure: op.insecure,
    shmSize: op.shmSize,
    ulimits: op.ulimits,
    limits: resources.limits,
    mounts: script === undefined ? mounted.mounts : [script, ...mounted.mounts],
    tmpfs: mounted.tmpfs,
    files: mounted.files,
    etc: writeEtcFiles(directory, hostname, { hosts: resources.hosts, nameserver: network.nameserver }),
    singleUid: context.singleUid,
  };
  return { spec, finish };
}

/** The program of a RUN and its arguments; nothing where a shell stands in for it. */
export function commandOf({ argv, file }: RunOp): readonly string[] {
  return file === undefined ? argv : [scriptPath(file)];
}

function scriptPath({ name }: { name: string }): string {
  return `${SCRIPT_DIRECTORY}/${name}`;
}

function scriptMount(file: { name: string; content: string }, draft: Draft) {
  const source = join(draft.directory, 'script');
  writeOpenFile(source, file.content, 0o755);
  const target = toBytePath(scriptPath(file));
  return { source: toBytePath(source), target, readonly: true, recursive: false, kind: 'file' as const };
}

/** The step's own variables, but for those that a mount sets, and defaults for what neither has. */
function environmentOf(
  op: RunOp,
  home: string,
  proxies: Readonly<Record<string, string>>,
  mounted: readonly (readonly [string, string])[],
): string[] {
  const replaced = new Set(mounted.map(([name]) => name));
  const own = op.environment.filter((pair) => !replaced.has(nameOf(pair)));
  const names = new Set([...replaced, ...own.map(nameOf)]);
  const added = Object.entries({ HOME: home, ...proxies }).filter(([name]) => !names.has(name));
  return [...own, ...[...mounted, ...added].map(([name, value]) => `${name}=${value}`)];
}

function nameOf(pair: string): string {
  return pair.split('=', 1)[0] ?? '';
}

export function opOf(vertex: Vertex): RunOp {
  return vertex.op as unknown as RunOp;
}
