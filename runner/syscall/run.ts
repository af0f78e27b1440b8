import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { systemError } from './errno.ts';
import { launcherPath, leaveLauncherDirectory } from './launcher.ts';
import type { Program } from './program.ts';

/** The size of the report of a failed entry, and of every message of a sandbox: two 64-bit words. */
export const MESSAGE_SIZE = 16;

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
  const child = spawnLauncher(['ignore', 'ignore', 'ignore', 'pipe', 'pipe', ...(options.descriptors ?? [])]);
  const ended = exitOf(child);
  if (child.pid === undefined) await ended;
  const kill = () => child.kill('SIGKILL');
  options.signal?.addEventListener('abort', kill, { once: true });
  if (options.signal?.aborted) kill();
  try {
    sendProgram(child, program);
    const [data, [code, signal]] = await Promise.all([collect(child.stdio[4] as Duplex), ended]);
    if (code === 0) return data;
    if (options.signal?.aborted) throw new TsbuildError('CANCELLED', 'cancelled');
    if (code === 1 && data.length >= MESSAGE_SIZE) throw failureOf(program, data.subarray(-MESSAGE_SIZE));
    throw new TsbuildError('INTERNAL', `the launcher ended with ${signal ?? code}`);
  } finally {
    options.signal?.removeEventListener('abort', kill);
  }
}

/** Starts the launcher, from another directory if the configured one forbids programs. */
export function spawnLauncher(stdio: StdioOptions): ChildProcess {
  for (;;) {
    const child = spawn(launcherPath(), [], { stdio, env: {} });
    if (child.pid !== undefined || !leaveLauncherDirectory()) return child;
    // A spawn that failed reports that in an event too, which nobody awaits here.
    child.on('error', () => undefined);
  }
}

/** Sends the program; the connection stays open for what the program may read later. */
export function sendProgram(child: ChildProcess, program: Program): Duplex {
  const control = child.stdio[3] as Duplex;
  // A launcher that dies while it is being written to shows in its exit status.
  control.on('error', (error) => {
    if (!isErrno(error, 'EPIPE', 'ECONNRESET')) child.emit('error', error);
  });
  control.write(program.build());
  return control;
}

/** Exit code and signal, once the process has ended and all its pipes are closed. */
export function exitOf(child: ChildProcess): Promise<[number | null, NodeJS.Signals | null]> {
  return new Promise((resolve, reject) => {
    child.once('error', (error) => reject(isErrno(error, 'EACCES', 'EPERM') ? noexec(error) : error));
    child.once('close', (code, signal) => resolve([code, signal]));
  });
}

/** The error that a failed entry reported. */
export function failureOf(program: Program, message: Buffer): NodeJS.ErrnoException {
  const what = program.describe(Number(message.readBigUInt64LE(0)));
  return systemError(what, -Number(message.readBigInt64LE(8)));
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
