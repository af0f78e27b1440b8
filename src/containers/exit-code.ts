import { constants } from 'node:os';
import type { SandboxExit } from '../../runner/index.ts';

const SIGNAL_BASE = 128;

/** As shells and docker count: a signal is 128 and its number. */
export function exitCodeOf(exit: SandboxExit): number {
  return 'signal' in exit ? SIGNAL_BASE + constants.signals[exit.signal] : exit.code;
}
