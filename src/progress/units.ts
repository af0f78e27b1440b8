const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Bytes in decimal units, as BuildKit shows them: `512B`, `1.20kB`, `34.56MB`. */
export function formatBytes(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit++;
  }
  return `${unit === 0 ? value : value.toFixed(2)}${UNITS[unit]}`;
}

/** Milliseconds as seconds: `1.2s`. A clock that was set back shows as no time. */
export function formatSeconds(milliseconds: number, digits = 1): string {
  return `${(Math.max(milliseconds, 0) / 1000).toFixed(digits)}s`;
}
