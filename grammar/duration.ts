const UNITS: Record<string, number> = {
  ns: 1,
  us: 1e3,
  '\u00b5s': 1e3,
  '\u03bcs': 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const PART = /(\d+(?:\.\d*)?|\.\d+)(ns|us|\u00b5s|\u03bcs|ms|s|m|h)/y;

/** The largest that fits Go's time.Duration, about 292 years. */
const MAX_NANOSECONDS = 2 ** 63;

/** Nanoseconds of a duration in Go's notation (time.ParseDuration: `1h30m`, `1.5s`, `-2ms`, `0`); else undefined. */
export function parseDuration(text: string): number | undefined {
  const negative = text.startsWith('-');
  const magnitude = /^[+-]/.test(text) ? text.slice(1) : text;
  if (magnitude === '0') return 0;
  let total = 0;
  PART.lastIndex = 0;
  while (PART.lastIndex < magnitude.length) {
    const match = PART.exec(magnitude);
    if (match === null) return undefined;
    total += Number(match[1]) * (UNITS[match[2] ?? ''] ?? 0);
  }
  if (magnitude === '' || total >= MAX_NANOSECONDS) return undefined;
  return Math.round(negative ? -total : total);
}
