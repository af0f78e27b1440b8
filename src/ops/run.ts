import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import type { Backend, Limits, SandboxExit, Ulimit } from '../../runner/index.ts';
import { fromBytePath, toBytePath } from '../base/bytepath.ts';
import type { Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { ExecuteContext, Executed, Executor, Result, Vertex } from '../graph/vertex.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import type { OpsContext } from './context.ts';
import { mountedContent } from './mounts/content.ts';
import type { MountSource } from './mounts/mount-source.ts';
import type { Mounted } from './mounts/mounted.ts';
import type { MountOp } from './mounts/op.ts';
import { type MountResources, prepareMounts } from './mounts/prepare.ts';
import type { NetworkPool, StepNetwork } from './network-pool.ts';
import { OutputTail } from './output-tail.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';
import { type HostEntry, overlayFor, writeEtcFiles, writeOpenFile } from './sandbox-root.ts';
import { possibleUser, resolveUser } from './users.ts';

interface RunOp {
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

export interface RunContext extends OpsContext {
  /** `<root>/v1`. */
  state: string;
  resources: (vertex: Vertex) => StepResources;
  network: NetworkPool;
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

/** RUN: a process in a sandbox over the snapshots below; what it changes is the new snapshot. */
export function runExecutor(context: RunContext): Executor {
  const { snapshots, layers } = context;
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    contentOf: async (vertex: Vertex, inputs: readonly Result[]): Promise<readonly Json[]> =>
      mountedContent(vertex, opOf(vertex).mounts ?? [], inputs, layers),
    async execute(vertex: Vertex, inputs: readonly Result[], execution: ExecuteContext): Promise<Executed> {
      const op = opOf(vertex);
      const { snapshot } = rootfsOf(inputs[0] as Result);
      const view = await layers.view(snapshot, execution.status);
      const draft = snapshots.draft(snapshot);
      try {
        const tail = new OutputTail();
        const exit = await start(vertex, { context, view, draft, execution, tail, inputs });
        execution.signal.throwIfAborted();
        if ('signal' in exit || exit.code !== 0)
          throw stepFailed(op, exit, { notes: tail.lines(), hint: hintOf(context, draft, exit) });
        return { value: rootfsValue(snapshots.commit(draft)) };
      } catch (error) {
        snapshots.discard(draft);
        throw error;
      }
    },
  };
}

interface Start {
  context: RunContext;
  view: RootView;
  draft: Draft;
  execution: ExecuteContext;
  tail: OutputTail;
  inputs: readonly Result[];
}

async function start(vertex: Vertex, step: Start): Promise<SandboxExit> {
  const { context, draft, execution, inputs } = step;
  const resources = context.resources(vertex);
  const { directory } = draft;
  const prepared = await prepareMounts(opOf(vertex).mounts ?? [], {
    ...context,
    ...resources,
    directory,
    inputs,
    vertex,
    execution,
  });
  try {
    return await runIn(prepared, opOf(vertex), resources, step);
  } finally {
    prepared.release();
  }
}

async function runIn(mounted: Mounted, op: RunOp, resources: StepResources, step: Start): Promise<SandboxExit> {
  const { context, view, draft, execution, tail } = step;
  const { hostname = DEFAULT_HOSTNAME } = op;
  const user = possibleUser(resolveUser(view, op.user), context);
  const script = op.file && scriptMount(op.file, draft);
  const scriptPoint = script === undefined ? [] : [{ path: script.target.slice(1), type: 'file' as const }];
  const points = [...scriptPoint, ...mounted.points];
  const overlay = await overlayFor(context.snapshots, { draft, view, state: context.state }, points);
  const output = (stream: 1 | 2) => (chunk: Buffer) => {
    tail.push(chunk);
    execution.log(stream, chunk);
  };
  const directory = join(draft.directory, 'etc');
  return withNetwork(op, context, (network) =>
    context.backend.run(
      {
        overlay,
        args: script === undefined ? op.argv : [fromBytePath(script.target)],
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
      },
      { stdin: 'null', stdout: output(1), stderr: output(2), signal: execution.signal },
    ),
  );
}

async function withNetwork<T>(
  op: RunOp,
  context: RunContext,
  work: (network: Omit<StepNetwork, 'release'>) => Promise<T>,
): Promise<T> {
  if (op.network !== 'default') return work({ use: op.network });
  const network = await context.network.take();
  try {
    return await work(network);
  } finally {
    network.release();
  }
}

function scriptMount(file: { name: string; content: string }, draft: Draft) {
  const source = join(draft.directory, 'script');
  writeOpenFile(source, file.content, 0o755);
  const target = `${SCRIPT_DIRECTORY}/${toBytePath(file.name)}`;
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

function opOf(vertex: Vertex): RunOp {
  return vertex.op as unknown as RunOp;
}

/** Less than this many bytes is a full disk for most commands. */
const NEARLY_NOTHING = 1 << 20;

/** What about the machine may be why a command failed, before its draft is gone. */
function hintOf({ singleUid }: RunContext, draft: Draft, { outOfMemory }: SandboxExit): string | undefined {
  if (outOfMemory) return 'give the step more with --memory, or let it do less at once';
  const { bavail, bsize } = statfsSync(draft.fs);
  if (bavail * bsize < NEARLY_NOTHING) {
    return 'the disk of the store is full: free space with `tsbuild prune`, or choose another disk with --root DIR';
  }
  if (!singleUid) return undefined;
  return 'this user namespace maps a single id, and a command cannot become another user in it, as apt does to download (unless told -o APT::Sandbox::User=root). Install the package uidmap and give this user a range in /etc/subuid and /etc/subgid';
}

function stepFailed(op: RunOp, exit: SandboxExit, more: { notes: string[]; hint: string | undefined }): TsbuildError {
  const command = op.file === undefined ? op.argv.join(' ') : op.file.name;
  const [line = '', ...rest] = command.split('\n');
  const shown = rest.length === 0 ? line : `${line} …`;
  const reason = 'signal' in exit ? `signal: ${exit.signal}` : `exit code: ${exit.code}`;
  const detail = exit.outOfMemory
    ? 'out of memory: its limit is reached'
    : 'message' in exit
      ? exit.message
      : undefined;
  const message = detail === undefined ? '' : ` (${detail})`;
  return new TsbuildError(
    'STEP_FAILED',
    `process ${JSON.stringify(shown)} did not complete successfully: ${reason}${message}`,
    more,
  );
}
