import { ask, NotRunning } from './client.ts';
import type { Ended } from './control.ts';
import { signalOf } from './signal.ts';
import type { ContainerSpec } from './spec.ts';
import { readState } from './state.ts';

export interface StopOptions {
  /** Seconds until it is killed; -1 for never. */
  timeout?: number | undefined;
  signal?: NodeJS.Signals | undefined;
}

const SECOND = 1000;

/** Asks a container to end, kills it where it does not in time, and waits. Nothing where it does not run. */
export async function stopContainer(
  { config, stopTimeout }: ContainerSpec,
  directory: string,
  { timeout = stopTimeout, signal }: StopOptions,
): Promise<void> {
  const ending = waitForEnd(directory);
  await send(directory, signal ?? signalOf(config.StopSignal ?? '') ?? 'SIGTERM');
  if (timeout >= 0 && !(await endsWithin(ending, timeout * SECOND))) await send(directory, 'SIGKILL');
  await ending;
}

/** Waits until a container has ended, and returns its exit code; at once where it does not run. */
export async function waitForEnd(directory: string): Promise<number> {
  try {
    const { exitCode } = await ask<Ended>(directory, { kind: 'wait' });
    return exitCode;
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
    return (await readState(directory)).exitCode;
  }
}

async function endsWithin(ending: Promise<unknown>, time: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), time);
  });
  try {
    return await Promise.race([ending.then(() => true), late]);
  } finally {
    clearTimeout(timer);
  }
}

async function send(directory: string, signal: NodeJS.Signals): Promise<void> {
  try {
    await ask(directory, { kind: 'signal', signal });
  } catch (error) {
    if (!(error instanceof NotRunning)) throw error;
  }
}
