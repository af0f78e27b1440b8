import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import type { Writable } from 'node:stream';
import { isErrno } from '../src/base/error.ts';
import { type OutputSink, readPipeOf } from './output.ts';
import { type Message, MessageReader, TAG } from './setup/messages.ts';
import type { StreamPlan } from './setup/streams.ts';
import type { WindowSize } from './setup/terminal.ts';
import type { ExecSpec, SandboxExit } from './spec.ts';
import { isFailure, type Launcher } from './syscall/run.ts';

export interface SandboxIo {
  /** Default: /dev/null. A number is an open descriptor of ours. With `pipe` the running container has its other end. */
  stdin?: 'null' | 'inherit' | 'pipe' | number | undefined;
  stdout: 'inherit' | OutputSink;
  stderr: 'inherit' | OutputSink;
  /** A terminal of this size in the place of the three streams; what it shows goes to `stdout`, which is a function. */
  terminal?: WindowSize | undefined;
  /** Kills the container; the run then ends with SIGKILL. */
  signal?: AbortSignal | undefined;
  /** Called once the container is made, when its command is about to be executed. */
  onStart?: ((container: RunningContainer) => void) | undefined;
}

export interface RunningContainer {
  /** The first process of the container, as we see it. */
  pid: number;
  /** Sends a signal to it. As any first process it ignores those that it has no handler for. */
  kill(signal: NodeJS.Signals): void;
  /** With `stdin: 'pipe'`. */
  stdin: Writable | undefined;
  /** Of the terminal, where there is one. */
  resize(size: WindowSize): void;
  /** Runs a program more in the container; it counts against the container's limits and ends with it. */
  exec(spec: ExecSpec, io: SandboxIo): Promise<SandboxExit>;
}

/** What the processes of a run have told. */
export interface Reports {
  values: Map<number, bigint>;
  /** The errors of the attempts to execute the command. */
  attempts: number[];
  failure: Message | undefined;
}

/** What is told while a run goes on. */
export interface Listeners {
  /** The container is made, and its command about to be executed. */
  onReady?: ((pid: number) => void) | undefined;
  /** What an OCI runtime writes to its log. */
  onLog?: OutputSink | undefined;
}

export function planOf({ stdin, stdout, stderr, terminal }: SandboxIo): StreamPlan {
  return { stdin: stdin === 'pipe', stdout: stdout !== 'inherit', stderr: stderr !== 'inherit', terminal };
}

/** With a terminal the third one brings changes of its size. */
export function stdioOf({
  stdin = 'null',
  stdout,
  stderr,
  terminal,
}: SandboxIo): ('ignore' | 'inherit' | 'pipe' | number)[] {
  const input = stdin === 'null' ? 'ignore' : stdin;
  if (terminal !== undefined) return [input, 'pipe', 'pipe'];
  return [input, stdout === 'inherit' ? 'inherit' : 'ignore', stderr === 'inherit' ? 'inherit' : 'ignore'];
}

/** Listens until the launcher and the output have ended. */
export async function follow(launcher: Launcher, io: SandboxIo, listeners: Listeners = {}): Promise<Reports> {
  const reports: Reports = { values: new Map(), attempts: [], failure: undefined };
  const output: Promise<void>[] = [];
  const reader = new MessageReader();
  let started = false;
  let pid: number | undefined;
  readTerminal(launcher, io);
  const cancel = () => {
    if (started) sendSignal(launcher, 'SIGKILL');
  };
  io.signal?.addEventListener('abort', cancel);
  launcher.reports.on('data', (chunk: Buffer) => {
    for (const message of reader.read(chunk)) hear(reports, message);
    // A terminal that no process has opened does not end, and what copies its output waits for that.
    if (reports.failure !== undefined && io.terminal !== undefined) launcher.child.kill('SIGKILL');
    if (!started && reports.values.has(TAG.started) && reports.values.has(TAG.supervisor)) {
      started = true;
      pid = pidIn(reports);
      output.push(...start(launcher, reports, io, listeners));
      if (io.signal?.aborted) cancel();
    }
    if (pid === undefined || !reports.values.has(TAG.ready)) return;
    listeners.onReady?.(pid);
    pid = undefined;
  });
  try {
    await launcher.ended;
    await Promise.all(output);
  } finally {
    io.signal?.removeEventListener('abort', cancel);
  }
  return reports;
}

function hear(reports: Reports, message: Message): void {
  if (isFailure(message.tag)) reports.failure ??= message;
  else if (message.tag === TAG.attempt) reports.attempts.push(-Number(message.value));
  else reports.values.set(message.tag, message.value);
}

/** The container exists: takes hold of its output, and lets the supervisor end once the container has. */
function start(launcher: Launcher, reports: Reports, io: SandboxIo, { onLog }: Listeners): Promise<void>[] {
  const output: Promise<void>[] = [];
  const open = (tag: number, sink: 'inherit' | OutputSink) => {
    const ends = reports.values.get(tag);
    if (ends === undefined || sink === 'inherit') return;
    output.push(readPipeOf(launcher.pid, Number(BigInt.asIntN(32, ends)), sink));
  };
  open(TAG.stdout, io.stdout);
  open(TAG.stderr, io.stderr);
  if (onLog !== undefined) open(TAG.runtimeLog, onLog);
  launcher.control.write(signalWord(0));
  return output;
}

/** What a terminal shows comes over the launcher's own output, whose end `ended` waits for. */
function readTerminal(launcher: Launcher, { terminal, stdout }: SandboxIo): void {
  if (terminal === undefined || stdout === 'inherit') return;
  launcher.child.stdout?.on('data', stdout);
  launcher.child.stderr?.on('error', ignoreEnd).resume();
}

/** The program at the other end has ended, or reads no more. */
export function ignoreEnd(error: Error): void {
  if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
}

/** Through the supervisor, which then waits for the last process, as a kill from here could not. */
export function sendSignal(launcher: Launcher, signal: NodeJS.Signals): void {
  if (launcher.control.writable) launcher.control.write(signalWord(constants.signals[signal]));
}

function signalWord(signal: number): Buffer {
  const word = Buffer.alloc(8);
  word.writeUInt32LE(signal);
  return word;
}

/** The first process of the container. */
function pidIn({ values }: Reports): number | undefined {
  return pidOfDescriptor(Number(values.get(TAG.supervisor)), Number(values.get(TAG.started)));
}

/** The process that another process has a descriptor of; undefined where it has ended. */
function pidOfDescriptor(owner: number, descriptor: number): number | undefined {
  try {
    const pid = Number(/^Pid:\s+(-?\d+)/m.exec(readFileSync(`/proc/${owner}/fdinfo/${descriptor}`, 'latin1'))?.[1]);
    return pid > 0 ? pid : undefined;
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
    return undefined;
  }
}
