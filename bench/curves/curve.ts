import type { Case } from '../cases/case.ts';

/** How a cost of ours grows: the same case at several sizes. */
export interface Curve {
  /** As it is named on the command line. */
  readonly name: string;
  readonly title: string;
  /** What the sizes count. */
  readonly unit: string;
  readonly sizes: readonly number[];
  /** The lines of the chart, each with the case at a size. */
  readonly lines: Readonly<Record<string, (size: number) => CurveCase>>;
}

export interface CurveCase extends Omit<Case, 'name' | 'title' | 'context' | 'prepare'> {
  /** Writes the build file and the context; the same for all lines of a curve. */
  prepare(context: string): void;
  /** Puts what is not built into the store, whose root it is given. */
  fill?(root: string): void;
}
