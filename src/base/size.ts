const UNITS = ['', 'k', 'm', 'g', 't', 'p'];

/**
 * A size as docker reads it, in bytes: `64m`, `1.5 GiB`. Units are powers of 1024. Undefined for any other text, and
 * for what is too large to be counted.
 */
export function parseSize(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([kmgtp]?)i?b?$/i.exec(text) ?? [];
  const size = Math.floor(Number(count) * 1024 ** UNITS.indexOf(unit.toLowerCase()));
  return Number.isSafeInteger(size) ? size : undefined;
}
