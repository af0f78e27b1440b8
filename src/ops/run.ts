import { statfsSync } from 'node:fs';
import type { SandboxExit } from '../../runner/index.ts';
import type { Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { ExecuteContext, Executed, Executor, Result, Vertex } from '../graph/vertex.ts';
import type { Draft } from '../snapshot/snapshots.ts';
import { mountedContent } from './mounts/content.ts';
import { OutputTail } from './output-tail.ts';
import { rootfsValue, usableRootfs } from './rootfs.ts';
import { opOf, type RunOp, type SandboxContext, type StepSandbox, stepSandbox } from './run-sandbox.ts';

export interface RunContext extends SandboxContext {
  /** Asked for each step whose command has failed: true takes over what it left, and discards that. */
  takeFailed?: ((step: StepSandbox) => boolean) | undefined;
}

/** RUN: a process in a sandbox over the snapshots below; what it changes is the new snapshot. */
export function runExecutor(context: RunContext): Executor {
  const { snapshots, layers } = context;
  return {
    cacheable: true,
    usable: usableRootfs(snapshots),
    contentOf: async (vertex: Vertex, inputs: readonly Result[]): Promise<readonly Json[]> =>
      mountedContent(vertex, opOf(vertex).mounts ?? [], inputs, layers),
    async execute(vertex: Vertex, inputs: readonly Result[], execution: ExecuteContext): Promise<Executed> {
      const step = await stepSandbox(vertex, inputs, context, execution);
      try {
        await run(step, context, execution);
        step.release();
        return { value: rootfsValue(snapshots.commit(step.draft, await step.finish())) };
      } catch (error) {
        const hasFailed = error instanceof TsbuildError && error.code === 'STEP_FAILED';
        if (!hasFailed || !context.takeFailed?.(step)) step.discard();
        throw error;
      }
    },
  };
}

/** Executes the command; STEP_FAILED where it ends with anything but 0. */
async function run(
  { vertex, spec, draft }: StepSandbox,
  context: RunContext,
  { signal, log }: ExecuteContext,
): Promise<void> {
  const tail = new OutputTail();
  const output = (stream: 1 | 2) => (chunk: Buffer) => {
    tail.push(chunk);
    log(stream, chunk);
  };
  const exit = await context.backend.run(spec, { stdin: 'null', stdout: output(1), stderr: output(2), signal });
  signal.throwIfAborted();
  if ('signal' in exit || exit.code !== 0)
    throw stepFailed(opOf(vertex), exit, { notes: tail.lines(), hint: hintOf(context, draft, exit) });
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
