import { setTimeout as delay } from 'node:timers/promises';
import type { Healthcheck } from '../oci/types.ts';
import type { Health, HealthProbe } from './state.ts';

const SECOND = 1000;
const NANOSECONDS = 1_000_000;
/** What docker uses where the image says nothing. */
const DEFAULTS = { interval: 30 * SECOND, timeout: 30 * SECOND, retries: 3, startInterval: 5 * SECOND };
const KEPT_PROBES = 5;
const MAX_OUTPUT = 4096;

/** Runs one probe: its exit code and what it said. It is to end when the signal says so. */
export type RunProbe = (args: readonly string[], hear: (chunk: Buffer) => void, signal: AbortSignal) => Promise<number>;

export interface HealthMonitorOptions {
  check: Healthcheck;
  /** For the form that is a line of a shell. */
  shell: readonly string[];
  run: RunProbe;
  onChange: (health: Health) => void;
  /** Ends it. */
  signal: AbortSignal;
}

/** The command of a check; undefined where there is none (`NONE`, or nothing said). */
function probeCommand({ Test = [] }: Healthcheck, shell: readonly string[]): readonly string[] | undefined {
  const [kind, ...rest] = Test;
  if (kind === 'CMD') return rest;
  return kind === 'CMD-SHELL' ? [...shell, ...rest] : undefined;
}

/**
 * Probes a container until it ends, as docker does: failures in the start period do not count, and a success ends
 * that; so many failures in a row make it unhealthy, and one success healthy.
 */
export async function monitorHealth({ check, shell, run, onChange, signal }: HealthMonitorOptions): Promise<void> {
  const command = probeCommand(check, shell);
  if (command === undefined) return;
  const started = Date.now();
  const startPeriod = milliseconds(check.StartPeriod, 0);
  let health: Health = { status: 'starting', failingStreak: 0, log: [] };
  onChange(health);
  for (;;) {
    const isStarting = health.status === 'starting' && Date.now() - started < startPeriod;
    const startInterval = milliseconds(check.StartInterval, DEFAULTS.startInterval);
    const interval = milliseconds(check.Interval, DEFAULTS.interval);
    if (!(await pause(isStarting ? Math.min(startInterval, interval) : interval, signal))) return;
    const probe = await probeOnce(command, milliseconds(check.Timeout, DEFAULTS.timeout), run, signal);
    if (signal.aborted) return;
    const counts = !(health.status === 'starting' && Date.now() - started < startPeriod);
    health = nextHealth(health, probe, { counts, retries: check.Retries || DEFAULTS.retries });
    onChange(health);
  }
}

function nextHealth(
  { status, failingStreak, log }: Health,
  probe: HealthProbe,
  { counts, retries }: { counts: boolean; retries: number },
): Health {
  const kept = [...log, probe].slice(-KEPT_PROBES);
  if (probe.exitCode === 0) return { status: 'healthy', failingStreak: 0, log: kept };
  if (!counts) return { status, failingStreak, log: kept };
  const streak = failingStreak + 1;
  return { status: streak >= retries ? 'unhealthy' : status, failingStreak: streak, log: kept };
}

async function probeOnce(
  command: readonly string[],
  timeout: number,
  run: RunProbe,
  signal: AbortSignal,
): Promise<HealthProbe> {
  const start = new Date().toISOString();
  let output = '';
  const hear = (chunk: Buffer) => {
    output = (output + chunk.toString()).slice(0, MAX_OUTPUT);
  };
  const limit = AbortSignal.timeout(timeout);
  let exitCode: number;
  try {
    exitCode = await run(command, hear, AbortSignal.any([limit, signal]));
  } catch (error) {
    exitCode = -1;
    output = (error as Error).message;
  }
  if (limit.aborted) {
    exitCode = -1;
    output = `the check took longer than ${timeout / SECOND}s`;
  }
  return { start, end: new Date().toISOString(), exitCode, output };
}

async function pause(time: number, signal: AbortSignal): Promise<boolean> {
  await delay(time, undefined, { signal }).catch(() => undefined);
  return !signal.aborted;
}

function milliseconds(nanoseconds: number | undefined, fallback: number): number {
  return nanoseconds ? nanoseconds / NANOSECONDS : fallback;
}
