import { constants } from 'node:os';

/** How a process that a signal ended exits, by the convention of shells. */
const SIGNAL_BASE = 128;

/** Cancels on SIGINT and SIGTERM; a second one ends the process at once. */
export interface Cancellation {
  signal: AbortSignal;
  /** The exit code of a cancelled command; undefined where no signal came. */
  exitCode(): number | undefined;
  dispose(): void;
}

export function cancelOnSignals(): Cancellation {
  const controller = new AbortController();
  let received: 'SIGINT' | 'SIGTERM' | undefined;
  const on = (name: 'SIGINT' | 'SIGTERM') => () => {
    if (received !== undefined) process.exit(SIGNAL_BASE + constants.signals[name]);
    received = name;
    controller.abort(new Cancelled(name));
  };
  const handlers = [
    ['SIGINT', on('SIGINT')],
    ['SIGTERM', on('SIGTERM')],
  ] as const;
  for (const [name, handler] of handlers) process.on(name, handler);
  return {
    signal: controller.signal,
    exitCode: () => (received === undefined ? undefined : SIGNAL_BASE + constants.signals[received]),
    dispose() {
      for (const [name, handler] of handlers) process.off(name, handler);
    },
  };
}

class Cancelled extends Error {
  override readonly name = 'AbortError';
  constructor(signal: string) {
    super(`cancelled by ${signal}`);
  }
}
