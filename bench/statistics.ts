/** The middle of some numbers and how far they spread. */
export interface Summary {
  median: number;
  min: number;
  max: number;
}

export function summarize(values: readonly number[]): Summary {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = (sorted.length - 1) / 2;
  const low = sorted[Math.floor(middle)] ?? Number.NaN;
  const high = sorted[Math.ceil(middle)] ?? Number.NaN;
  return { median: (low + high) / 2, min: sorted[0] ?? Number.NaN, max: sorted.at(-1) ?? Number.NaN };
}

/** The wall time, in seconds, of some runs of the same. */
export function wallOf({ runs }: { runs: readonly { wall: number }[] }): Summary {
  return summarize(runs.map(({ wall }) => wall));
}
