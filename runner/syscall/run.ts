import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { systemError } from './errno.ts';
import { launcherPath, leaveLauncherDirectory } from './launcher.ts';
import { AREA, type Program } from './program.ts';
import { MESSAGE_SIZE, NOT_SEALED, SEALING, sealedStart } from './sealed.ts';

export interface Launcher {
  child: ChildProcess;
  pid: number;
  /** Descriptor 3 of the launcher; it stays open for what the program may read later. */
  control: Duplex;
  /** Descriptor 4 of the launcher. */
  reports: Duplex;
  /** Exit code or signal, once the process has ended and all its pipes are closed. */
  ended: Promise<[number | null, NodeJS.Signals | null]>;
}

export interface LaunchOptions {
  /** Open descriptors that the program finds as 5, 6, … */
  descriptors?: readonly number[] | undefined;
  /** Called while the process waits for the program: what is done to it then holds for all that it starts. */
  beforeStart?: ((pid: number) => void) | undefined;
  /** Nobody can write the file that the process executes: for those that a container comes to see. */
  sealed?: boolean | undefined;
}

export interface RunOptions {
  /** Open descriptors that the program finds as 5, 6, … */
  descriptors?: readonly number[];
  /** Ends the program with SIGKILL. */
  signal?: AbortSignal | undefined;
}

/**
 * Runs a program that only calculates or touches files, and returns what it wrote to descriptor 4.
 * An entry that fails without saying where to go on is thrown as an error of the operating system.
 */
export async function runProgram(program: Program, options: RunOptions = {}): Promise<Buffer> {
  const { descriptors } = options;
  const launcher = await startLauncher(program, ['ignore', 'ignore', 'ignore'], { descriptors });
  const kill = () => launcher.child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  try {
    const [data, [code, signal]] = await Promise.all([collect(launcher.reports), launcher.ended]);
    if (code === 0) return data;
    if (options.signal?.aborted) throw new TsbuildError('CANCELLED', 'cancelled');
    if (code === 1 && data.length >= MESSAGE_SIZE) throw reported(program, data.subarray(-MESSAGE_SIZE));
    throw new TsbuildError('INTERNAL', `the launcher ended with ${signal ?? code}`);
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}

/**
 * Starts the launcher and sends it the program; from another directory if the configured one forbids programs.
 * To be called on the main thread: a launcher asks to die with its parent, which for the kernel is the thread.
 */
export async function startLauncher(
  program: Program,
  stdio: Exclude<StdioOptions, string>,
  { descriptors = [], beforeStart, sealed = false }: LaunchOptions = {},
): Promise<Launcher> {
  const image = sealed ? Buffer.concat([sealedStart(), program.build()]) : program.build();
  for (;;) {
    const child = spawn(launcherPath(), [], { stdio: [...stdio, 'pipe', 'pipe', ...descriptors], env: {} });
    const ended = endOf(child);
    if (child.pid !== undefined) {
      const [control, reports] = [child.stdio[3] as Duplex, child.stdio[4] as Duplex];
      beforeStart?.(child.pid);
      send(control, image);
      return { child, pid: child.pid, control, reports, ended };
    }
    const error = await ended.catch((reason: unknown) => reason);
    if (!isErrno(error, 'EACCES', 'EPERM')) throw error;
    if (!leaveLauncherDirectory()) throw noexec(error);
  }
}

/** Whether a message with this tag is the report of a failure. */
export function isFailure(tag: number): boolean {
  return tag >= AREA || tag === NOT_SEALED;
}

/** The error of a failure report, by the entry's address and the negative errno. */
export function failureOf(program: Program, entry: number, result: bigint): NodeJS.ErrnoException {
  return systemError(entry === NOT_SEALED ? SEALING : program.describe(entry), -Number(result));
}

function reported(program: Program, message: Buffer): NodeJS.ErrnoException {
  return failureOf(program, Number(message.readBigUInt64LE(0)), message.readBigInt64LE(8));
}

function send(control: Duplex, image: Buffer): void {
  // A launcher that dies while it is being written to shows in its exit status.
  control.on('error', (error) => {
    if (!isErrno(error, 'EPIPE', 'ECONNRESET')) throw error;
  });
  control.write(image);
}

function endOf(child: ChildProcess): Launcher['ended'] {
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve([code, signal]));
  });
}

async function collect(stream: Duplex): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

function noexec(cause: Error): TsbuildError {
  return new TsbuildError('SANDBOX', `the launcher may not be run: ${cause.message}`, {
    hint: 'set TMPDIR to a directory on a file system that is not mounted noexec',
    cause,
  });
}
