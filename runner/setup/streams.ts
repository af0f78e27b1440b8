import type { SandboxUser } from '../spec.ts';
import type { Address, Program } from '../syscall/program.ts';
import { connect, openInput, openPipe, type Pipe } from './descriptors.ts';
import { TAG } from './messages.ts';
import { openTerminal, type Terminal, takeTerminal, type WindowSize } from './terminal.ts';
import type { Tree } from './trees.ts';

/** Which of the container's streams become pipes; the others are what the launcher was spawned with. */
export interface StreamPlan {
  stdin: boolean;
  stdout: boolean;
  stderr: boolean;
  /** In the place of all three. */
  terminal?: WindowSize | undefined;
}

export interface Streams {
  stdin?: Address | undefined;
  stdout?: Pipe | undefined;
  stderr?: Pipe | undefined;
  terminal?: (Terminal & { tree?: Tree | undefined }) | undefined;
}

/** Opens them outside of the container, whose processes see none of the ends that are ours. */
export function openStreams(program: Program, plan: StreamPlan): Streams {
  if (plan.terminal !== undefined) return { terminal: openTerminal(program, plan.terminal) };
  return openPipes(program, plan);
}

export function openPipes(program: Program, plan: StreamPlan): Streams {
  return {
    stdin: plan.stdin ? openInput(program) : undefined,
    stdout: plan.stdout ? openPipe(program, TAG.stdout) : undefined,
    stderr: plan.stderr ? openPipe(program, TAG.stderr) : undefined,
  };
}

/** Makes them the standard streams of the calling process. */
export function connectStreams(program: Program, streams: Streams, user: SandboxUser): void {
  const { stdin, stdout, stderr, terminal } = streams;
  if (terminal !== undefined) takeTerminal(program, terminal, user.uid);
  if (stdin !== undefined) connect(program, stdin, 0, user);
  if (stdout !== undefined) connect(program, stdout.writer, 1, user);
  if (stderr !== undefined) connect(program, stderr.writer, 2, user);
}
