import type { Task } from './schedule.ts';

/**
 * A lane for each task that was executed, such that no two tasks of a lane overlap. A task goes on in the lane of one
 * that it needs where it can, so that a lane reads as a chain; else in the first lane that is free.
 */
export function lanesOf(tasks: readonly Task[]): (number | undefined)[] {
  const lanes: (number | undefined)[] = tasks.map(() => undefined);
  const freeAt: number[] = [];
  const executed = [...tasks.entries()].filter(([, { end }]) => end !== undefined);
  for (const [at, { inputs, start = 0, end = 0 }] of executed.sort(([, a], [, b]) => (a.start ?? 0) - (b.start ?? 0))) {
    const near = inputs.map((input) => lanes[input]).filter((lane) => lane !== undefined);
    const free = [...near, ...freeAt.keys()].find((lane) => (freeAt[lane] ?? 0) <= start);
    const lane = free ?? freeAt.length;
    freeAt[lane] = end;
    lanes[at] = lane;
  }
  return lanes;
}
