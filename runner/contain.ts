import { ControlGroup } from './cgroup/group.ts';
import { follow, type Listeners, type Reports, type SandboxIo, stdioOf } from './follow.ts';
import type { SandboxExit, SandboxSpec } from './spec.ts';
import type { Program } from './syscall/program.ts';
import { type Launcher, startLauncher } from './syscall/run.ts';

/** What puts a process into the control groups of the container. */
export type Join = (pid: number) => void;

export interface Contained {
  program: Program;
  listen: (launcher: Launcher, join: Join) => Listeners;
  resultOf: (reports: Reports) => SandboxExit;
}

/** Starts a program that makes a container, in the control groups of its limits, and waits until all has ended. */
export async function contain(
  spec: SandboxSpec,
  io: SandboxIo,
  { program, listen, resultOf }: Contained,
): Promise<SandboxExit> {
  if (io.signal?.aborted) return { signal: 'SIGKILL' };
  const descriptors = typeof spec.network === 'object' ? [spec.network.namespace] : [];
  const group = spec.limits && (await ControlGroup.create(spec.limits));
  const join = (pid: number) => group?.add(pid);
  try {
    const launcher = await startLauncher(program, stdioOf(io), { descriptors, beforeStart: join, sealed: true });
    const exit = resultOf(await follow(launcher, io, listen(launcher, join)));
    return group?.ranOutOfMemory() ? { ...exit, outOfMemory: true } : exit;
  } finally {
    await group?.remove();
  }
}
