import { Refusal } from '../fail.ts';

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

/** A size as docker reads it, `128m` or `1.5 GB`, in bytes; the units are powers of 1024. */
export function parseSize(text: string): number {
  const match = /^(\d+(?:\.\d+)?)\s*([bkmgtp])?(?:i?b)?$/i.exec(text.trim());
  if (match === null) throw new Refusal(`${JSON.stringify(text)} is no size as 64m`);
  return Math.floor(Number(match[1]) * 1024 ** 'bkmgtp'.indexOf((match[2] ?? 'b').toLowerCase()));
}

/** Four digits and the largest unit that fits, as docker writes it. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  for (; value >= 1024 && unit < UNITS.length - 1; unit++) value /= 1024;
  return `${Number(value.toPrecision(4))}${UNITS[unit]}`;
}
