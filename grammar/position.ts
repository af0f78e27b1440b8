import type { SourcePosition, SourceRange } from '../src/base/source.ts';

/** Finds line and column of an offset in O(log lines). */
export class LineIndex {
  readonly #starts: number[] = [0];

  constructor(text: string) {
    for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) this.#starts.push(at + 1);
  }

  position(offset: number): SourcePosition {
    const line = floorIndex(this.#starts, offset);
    return { line: line + 1, column: offset - (this.#starts[line] ?? 0) + 1, offset };
  }

  range(start: number, end: number): SourceRange {
    return { start: this.position(start), end: this.position(end) };
  }
}

/** The index of the last element of a sorted list that is not above `value`; 0 where all are. */
export function floorIndex(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
