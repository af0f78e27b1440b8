import type { BenchResult, ScenarioResult } from './types.ts';

/** What the table and the page say of a scenario, reckoned from what was measured. */
export interface Figures {
  result: ScenarioResult;
  hits: number;
  /** Median, least and most milliseconds by builder, where it came to an end. */
  times: ReadonlyMap<string, { median: number; least: number; most: number }>;
  /** Milliseconds less than the cold build took; undefined for that one, or where there is none. */
  saved: number | undefined;
}

export function figuresOf({ scenarios }: BenchResult): Figures[] {
  const cold = scenarios.find(({ store, walls }) => store === 'cold' && walls.tsbuild !== undefined);
  return scenarios.map((result) => {
    const times = new Map(Object.entries(result.walls).map(([builder, walls]) => [builder, summaryOf(walls)]));
    const ours = times.get('tsbuild')?.median;
    const isCompared = cold !== undefined && result !== cold && ours !== undefined;
    return {
      result,
      hits: result.steps.filter(({ isHit }) => isHit).length,
      times,
      saved: isCompared ? median(cold.walls.tsbuild ?? []) - ours : undefined,
    };
  });
}

function summaryOf(walls: readonly number[]): { median: number; least: number; most: number } {
  return { median: median(walls), least: Math.min(...walls), most: Math.max(...walls) };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low = 0, high = 0] =
    sorted.length % 2 === 1 ? [sorted[middle], sorted[middle]] : sorted.slice(middle - 1, middle + 1);
  return (low + high) / 2;
}
