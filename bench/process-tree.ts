import { readdirSync, readFileSync } from 'node:fs';
import { isErrno } from '../src/base/error.ts';

/** Milliseconds between two samples. */
const INTERVAL = 10;

/** USER_HZ: the unit of the times in /proc/PID/stat, the same on every Linux that Node runs on. */
const TICKS_PER_SECOND = 100;

/**
 * Samples the memory of processes and their descendants: the sum of the proportional set sizes (a page that n
 * processes share counts 1/n in each), or of the resident set sizes where the kernel does not let us read those.
 */
export class TreeSampler {
  /** Bytes, the largest sum seen so far. */
  peak = 0;
  readonly #roots: readonly number[];
  readonly #timer: NodeJS.Timeout;

  constructor(roots: readonly number[]) {
    this.#roots = roots;
    this.#sample();
    this.#timer = setInterval(() => this.#sample(), INTERVAL);
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const sum = this.#roots.flatMap(descendants).reduce((total, pid) => total + memoryOf(pid), 0);
    this.peak = Math.max(this.peak, sum);
  }
}

/** The processor seconds that these processes and their ended children have used since they started. */
export function processorSeconds(pids: readonly number[]): number {
  const ticks = pids
    .flatMap(descendants)
    .map((pid) => readIfAlive(`/proc/${pid}/stat`))
    .map((stat) => stat.slice(stat.lastIndexOf(')') + 2).split(' '))
    // proc(5): fields 14 to 17, user and system time of the process and of the children it waited for.
    .map((fields) => fields.slice(11, 15).reduce((sum, field) => sum + Number(field), 0));
  return ticks.reduce((sum, value) => sum + value, 0) / TICKS_PER_SECOND;
}

/** The process itself and all that it has started, as far as they live. */
export function descendants(pid: number): number[] {
  const children = threads(pid).flatMap((thread) => {
    const list = readIfAlive(`/proc/${pid}/task/${thread}/children`).trim();
    return list === '' ? [] : list.split(' ').map(Number);
  });
  return [pid, ...children.flatMap(descendants)];
}

function threads(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/task`);
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return [];
    throw error;
  }
}

function memoryOf(pid: number): number {
  const proportional = /^Pss:\s+(\d+) kB$/m.exec(readIfAlive(`/proc/${pid}/smaps_rollup`));
  const resident = proportional ?? /^VmRSS:\s+(\d+) kB$/m.exec(readIfAlive(`/proc/${pid}/status`));
  return Number(resident?.[1] ?? 0) * 1024;
}

/** The text of a file in /proc; empty when the process has ended or is not ours to look into. */
function readIfAlive(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH', 'EACCES', 'EPERM')) return '';
    throw error;
  }
}
