import { constants } from 'node:os';

const REAL_TIME = /^RTM(IN(\+\d+)?|AX(-\d+)?)$/;

/** A signal as STOPSIGNAL takes it: any number but 0, as with the reference, or a name with or without `SIG`. */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(constants.signals, `SIG${name}`) || REAL_TIME.test(name);
}
