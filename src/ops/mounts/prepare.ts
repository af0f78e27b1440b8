import type { ExecuteContext, Result, Vertex } from '../../graph/vertex.ts';
import type { AgentSource } from '../../ssh/agent.ts';
import type { OpsContext } from '../context.ts';
import { rootfsOf } from '../rootfs.ts';
import type { Roots } from '../roots.ts';
import { bindMount } from './bind.ts';
import { holdCaches } from './cache.ts';
import { contentOfPath } from './content.ts';
import type { MountSource } from './mount-source.ts';
import { type InputTree, type Mounted, nothingMounted } from './mounted.ts';
import type { CacheOp, MountOp, SshOp, TreePath } from './op.ts';
import { type SecretSource, secretMount } from './secret.ts';
import { sshMount } from './ssh.ts';

/** What mounts take from the command line, by id. */
export interface MountResources {
  secrets: ReadonlyMap<string, SecretSource>;
  agents: ReadonlyMap<string, AgentSource>;
  /** Told of the value of each secret that is mounted, so that it can be kept out of logs. */
  onSecret: (value: Buffer) => void;
}

export interface PrepareContext extends OpsContext, MountResources {
  /** `<root>/v1`. */
  state: string;
  roots: Roots;
  /** Where cache mounts come from that are not here. */
  mountSource: () => MountSource | undefined;
  /** Of the step, on the file system of the store; goes with the step. */
  directory: string;
  inputs: readonly Result[];
  vertex: Vertex;
  execution: ExecuteContext;
}

/** Everything that the mounts of a step need; `release` ends what is held for them. */
export interface Prepared extends Mounted {
  release(): void;
}

export async function prepareMounts(ops: readonly MountOp[], context: PrepareContext): Promise<Prepared> {
  const all = nothingMounted();
  const releases: (() => void)[] = [];
  const release = () => {
    for (const end of releases.splice(0)) end();
  };
  try {
    const caches = ops.filter((op): op is CacheOp => op.type === 'cache');
    if (caches.length > 0) {
      const held = await holdCaches(caches, cacheContext(context));
      releases.push(held.release);
      add(all, held.mounted);
    }
    for (const op of ops) add(all, await mountOf(op, context, releases));
    nameAgent(ops, all, context);
    return { ...all, release };
  } catch (error) {
    release();
    throw error;
  }
}

async function mountOf(op: MountOp, context: PrepareContext, releases: (() => void)[]): Promise<Mounted> {
  const mounted = nothingMounted();
  switch (op.type) {
    case 'bind': {
      const { snapshots, roots, directory, execution } = context;
      const own = { snapshots, roots, directory, signal: execution.signal };
      const bind = await bindMount(op, await inputTree(op.input, context), own);
      mounted.mounts.push(bind);
      mounted.points.push({ path: op.target.slice(1), type: bind.kind ?? 'directory' });
      return mounted;
    }
    case 'tmpfs':
      mounted.tmpfs.push({ target: op.target, size: op.size, readonly: op.readonly });
      mounted.points.push({ path: op.target.slice(1), type: 'directory' });
      return mounted;
    case 'secret':
      return secretMount(op, context);
    case 'ssh': {
      const ssh = await sshMount(op, context.agents, context.directory);
      if (ssh.socket !== undefined) releases.push(ssh.socket.close);
      return ssh.mounted;
    }
    case 'cache':
      return mounted;
  }
}

async function inputTree(input: number, { inputs, layers, execution }: PrepareContext): Promise<InputTree> {
  const { snapshot } = rootfsOf(inputs[input] as Result);
  return { snapshot, view: await layers.view(snapshot, execution.status) };
}

function cacheContext(context: PrepareContext) {
  const { state, snapshots, layers, vertex, inputs, execution, mountSource } = context;
  return {
    state,
    userXattrs: snapshots.userXattrs,
    signal: execution.signal,
    source: mountSource(),
    tree: (input: number) => inputTree(input, context),
    identity: (path: TreePath) => contentOfPath(path, vertex, inputs[path.input] as Result, layers),
    onWait: (id: string) => execution.log(2, Buffer.from(`waiting for the cache mount ${id}\n`)),
  };
}

/** Programs find the agent by a variable: of several the first. */
function nameAgent(ops: readonly MountOp[], all: Mounted, { agents }: PrepareContext): void {
  const first = ops.find((op): op is SshOp => op.type === 'ssh' && agents.has(op.id));
  if (first !== undefined) all.environment.push(['SSH_AUTH_SOCK', first.target]);
}

function add(all: Mounted, more: Mounted): void {
  all.mounts.push(...more.mounts);
  all.tmpfs.push(...more.tmpfs);
  all.files.push(...more.files);
  all.environment.push(...more.environment);
  all.points.push(...more.points);
}
