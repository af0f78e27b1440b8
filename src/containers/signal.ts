import { constants } from 'node:os';

/** `TERM`, `SIGTERM`, `sigterm` or a number; undefined for what is no signal. */
export function signalOf(text: string): NodeJS.Signals | undefined {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}`;
  const found = Object.entries(constants.signals).find(([key, value]) => key === name || String(value) === text);
  return found?.[0] as NodeJS.Signals | undefined;
}
