import { statfsSync } from 'node:fs';
import { join } from 'node:path';
import { runSandbox, type SandboxExit } from '../../runner/index.ts';
import { toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import type { ExecuteContext, Executed, Executor, Result, Vertex } from '../graph/vertex.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import type { OpsContext } from './context.ts';
import { OutputTail } from './output-tail.ts';
import { rootfsOf, rootfsValue, usableRootfs } from './rootfs.ts';
import { overlayFor, writeEtcFiles, writeOpenFile } from './sandbox-root.ts';
import { possibleUser, resolveUser } from './users.ts';

interface RunOp {
  argv: readonly string[];
  /** A heredoc that begins with `#!`: a program of its own. */
  file?: { name: string; content: string } | undefined;
  environment: readonly string[];
  directory: string;
  user?: string | undefined;
  network: 'host' | 'none';
}

export interface RunContext extends OpsContext {
  /** `<root>/v1`. */
  state: string;
  /** The proxies' variables: part of the environment, and of nothing that is kept. */
  proxyEnvironment: (vertex: Vertex) => Readonly<Record<string, string>>;
  singleUid: boolean;
}

/** The same on every machine, since it is visible to the step. The reference builder's name. */
const HOSTNAME = 'buildkitsandbox';
/** Where a heredoc program is mounted. */
const SCRIPT_DIRECTORY = '/run/heredoc';

/** RUN: a process in a sandbox over the snapshots below; what it changes is the new snapshot. */
export function runExecutor(context: RunContext): Executor {
  const { snapshots, layers } = context;
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    async execute(vertex: Vertex, [parent]: readonly Result[], execution: ExecuteContext): Promise<Executed> {
      const op = vertex.op as unknown as RunOp;
      const { snapshot } = rootfsOf(parent as Result);
      const view = await layers.view(snapshot, execution.status);
      const draft = snapshots.draft(snapshot);
      try {
        const tail = new OutputTail();
        const exit = await start(vertex, { context, view, draft, execution, tail });
        execution.signal.throwIfAborted();
        if ('signal' in exit || exit.code !== 0)
          throw stepFailed(op, exit, { notes: tail.lines(), hint: hintOf(context, draft) });
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
}

async function start(vertex: Vertex, { context, view, draft, execution, tail }: Start): Promise<SandboxExit> {
  const op = vertex.op as unknown as RunOp;
  const user = possibleUser(resolveUser(view, op.user), context);
  const script = op.file && scriptMount(op.file, draft);
  const mountPoints = script === undefined ? [] : [{ path: script.target.slice(1), type: 'file' as const }];
  const overlay = await overlayFor(context.snapshots, { draft, view, state: context.state }, mountPoints);
  const output = (stream: 1 | 2) => (chunk: Buffer) => {
    tail.push(chunk);
    execution.log(stream, chunk);
  };
  return runSandbox(
    {
      overlay,
      args: (script === undefined ? op.argv : [script.target]).map(toBytePath),
      env: environmentOf(op, user.home, context.proxyEnvironment(vertex)).map(toBytePath),
      cwd: toBytePath(op.directory),
      user,
      hostname: HOSTNAME,
      network: op.network,
      mounts: script === undefined ? [] : [script],
      etc: writeEtcFiles(join(draft.directory, 'etc'), HOSTNAME),
      singleUid: context.singleUid,
    },
    { stdin: 'null', stdout: output(1), stderr: output(2), signal: execution.signal },
  );
}

function scriptMount(file: { name: string; content: string }, draft: Draft) {
  const source = join(draft.directory, 'script');
  writeOpenFile(source, file.content, 0o755);
  const target = `${SCRIPT_DIRECTORY}/${toBytePath(file.name)}`;
  return { source: toBytePath(source), target, readonly: true, recursive: false, kind: 'file' as const };
}

function environmentOf(op: RunOp, home: string, proxies: Readonly<Record<string, string>>): string[] {
  const names = new Set(op.environment.map((pair) => pair.split('=', 1)[0]));
  const added = Object.entries({ HOME: home, ...proxies }).filter(([name]) => !names.has(name));
  return [...op.environment, ...added.map(([name, value]) => `${name}=${value}`)];
}

/** Less than this many bytes is a full disk for most commands. */
const NEARLY_NOTHING = 1 << 20;

/** What about the machine may be why a command failed, before its draft is gone. */
function hintOf({ singleUid }: RunContext, draft: Draft): string | undefined {
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
  const message = 'message' in exit && exit.message !== undefined ? ` (${exit.message})` : '';
  return new TsbuildError(
    'STEP_FAILED',
    `process ${JSON.stringify(shown)} did not complete successfully: ${reason}${message}`,
    more,
  );
}
