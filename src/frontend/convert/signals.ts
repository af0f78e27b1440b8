import { constants } from 'node:os';

/** Linux's highest real-time signal. */
const MAX_SIGNAL = 64;
const REAL_TIME = /^RTM(IN(\+\d+)?|AX(-\d+)?)$/;

/** A signal as STOPSIGNAL takes it: a number, or a name with or without `SIG`. */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= MAX_SIGNAL;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(constants.signals, `SIG${name}`) || REAL_TIME.test(name);
}
