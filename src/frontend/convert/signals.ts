import { constants } from 'node:os';

/** Up to RTMIN+15, and from RTMAX-14: together all that Linux has. */
const REAL_TIME = /^RTM(IN(\+([1-9]|1[0-5]))?|AX(-([1-9]|1[0-4]))?)$/;

/** A signal as STOPSIGNAL takes it: any number but 0, as with the reference, or a name with or without `SIG`. */
export function isSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) > 0;
  const name = text.toUpperCase().replace(/^SIG/, '');
  return Object.hasOwn(constants.signals, `SIG${name}`) || REAL_TIME.test(name);
}
