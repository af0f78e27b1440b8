import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { isErrno, TsbuildError } from '../src/base/error.ts';
import { descendants, processorSeconds, TreeSampler } from './process-tree.ts';

/** One command as a peer is asked to run it. */
export interface Invocation {
  program: string;
  args: readonly string[];
  env: NodeJS.ProcessEnv;
  /** Processes outside the command's own tree that work for it: an engine's daemons. */
  daemons?: readonly number[];
}

export interface Timing {
  /** Seconds from start to exit. */
  wall: number;
  /** Processor seconds, user and system, of the command, of what it waited for, and of the daemons. */
  cpu: number;
}

/** Seconds after which a build is ended: what takes longer is no figure, and the other cases wait. */
const LIMIT = 300;

/** The same for a build that only prepares others: the first one of a million files. */
const PREPARING_LIMIT = 600;

/** bash's `time` reports the resource usage that the kernel returns with wait4, to the millisecond. */
const TIMED = 'TIMEFORMAT="%3R %3U %3S"; { time "$@" >&4 2>&4; } 2>&3';

/** Runs a command once and measures its time, with nothing else going on in this process. */
export async function time(invocation: Invocation): Promise<Timing> {
  const before = processorSeconds(invocation.daemons ?? []);
  const child = spawn('bash', ['-c', TIMED, 'bash', invocation.program, ...invocation.args], {
    env: invocation.env,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe'],
  });
  const report = collect(child.stdio[3] as Readable);
  await succeed(child, child.stdio[4] as Readable, invocation);
  const [wall = Number.NaN, user = Number.NaN, system = Number.NaN] = report().trim().split(' ').map(Number);
  return { wall, cpu: user + system + processorSeconds(invocation.daemons ?? []) - before };
}

/**
 * Runs a command once and returns the peak memory of its process tree, and of the daemons, in bytes. The tree is
 * sampled, which costs processor time: so this is never the run whose time is taken.
 */
export async function peakMemory(invocation: Invocation): Promise<number> {
  const child = spawn(invocation.program, invocation.args, { env: invocation.env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  const sampler = new TreeSampler([...(child.pid === undefined ? [] : [child.pid]), ...(invocation.daemons ?? [])]);
  try {
    await succeed(child, child.stderr, invocation);
  } finally {
    sampler.stop();
  }
  return sampler.peak;
}

/** Runs a command whose cost does not matter. */
export async function run(invocation: Invocation): Promise<void> {
  const child = spawn(invocation.program, invocation.args, { env: invocation.env, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.resume();
  await succeed(child, child.stderr, invocation, PREPARING_LIMIT);
}

function collect(stream: Readable): () => string {
  const chunks: Buffer[] = [];
  stream.on('data', (chunk: Buffer) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}

async function succeed(child: ChildProcess, output: Readable, invocation: Invocation, limit = LIMIT): Promise<void> {
  const text = collect(output);
  const command = [invocation.program, ...invocation.args].join(' ');
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    for (const pid of descendants(child.pid ?? Number.NaN)) endIfAlive(pid);
  }, limit * 1000);
  const status = await new Promise<number | string>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve(signal ?? code ?? 'unknown'));
  }).finally(() => clearTimeout(timer));
  if (isLate) throw new TsbuildError('STEP_FAILED', `was ended after ${limit} s: ${command}`);
  if (status === 0) return;
  throw new TsbuildError('STEP_FAILED', `ended with ${status}: ${command}`, {
    notes: text().trimEnd().split('\n').slice(-20),
  });
}

function endIfAlive(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}
