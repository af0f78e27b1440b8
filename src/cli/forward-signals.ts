import { constants } from 'node:os';
import type { RunningContainer } from '../../runner/index.ts';

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;

/** How a process that a signal ended exits, by the convention of shells. */
const SIGNAL_BASE = 128;

/** A container may ignore signals, and as the first process of its namespace does so by default: enough is enough. */
const PATIENCE = 3;

/** Where the signals go that tsbuild gets while it runs a container. */
export interface SignalForwarding {
  /** Aborted where the command ends by a signal: before the container is there, or when it does not listen. */
  signal: AbortSignal;
  /** From here on signals go to this container; the third one kills it. */
  attach(container: RunningContainer): void;
  /** 128 and the number of the signal that came before the container did; undefined where none did. */
  exitCode(): number | undefined;
  dispose(): void;
}

export function forwardSignals(): SignalForwarding {
  const controller = new AbortController();
  let container: RunningContainer | undefined;
  let early: NodeJS.Signals | undefined;
  let count = 0;
  const receive = (name: NodeJS.Signals) => {
    count++;
    if (container === undefined) early ??= name;
    else if (count < PATIENCE) return container.kill(name);
    controller.abort(new Error(`ended by ${name}`));
  };
  for (const name of FORWARDED) process.on(name, receive);
  return {
    signal: controller.signal,
    attach(started) {
      container = started;
    },
    exitCode: () => (early === undefined ? undefined : SIGNAL_BASE + constants.signals[early]),
    dispose() {
      for (const name of FORWARDED) process.off(name, receive);
    },
  };
}
