import { parseSize } from '../../base/size.ts';
import { Refusal } from '../fail.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size in bytes. Throws a `Refusal`. */
export function sizeOf(text: string): number {
  const size = parseSize(text.trim());
  if (size === undefined) throw new Refusal(`${JSON.stringify(text)} is no size as 64m`);
  return size;
}

/** Four digits and the largest unit that fits, as docker writes it. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
