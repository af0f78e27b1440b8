import type { Task } from './schedule.ts';

/**
 * A lane for each task that was executed, such that no two tasks of a lane overlap. A task goes on in the lane of one
 * that it needs where it can, so that a lane reads as a chain; else in the first lane that is free. Those that go
 * `beside` the others have lanes of their own, below.
 */
export function lanesOf(tasks: readonly Task[], beside: ReadonlySet<number> = new Set()): (number | undefined)[] {
  const lanes: (number | undefined)[] = tasks.map(() => undefined);
  const executed = [...tasks.keys()].filter((at) => tasks[at]?.end !== undefined).sort(byStart(tasks));
  const taken = place(
    executed.filter((at) => !beside.has(at)),
    { tasks, lanes, first: 0 },
  );
  place(
    executed.filter((at) => beside.has(at)),
    { tasks, lanes, first: taken },
  );
  return lanes;
}

function byStart(tasks: readonly Task[]): (a: number, b: number) => number {
  return (a, b) => (tasks[a]?.start ?? 0) - (tasks[b]?.start ?? 0);
}

interface Placing {
  tasks: readonly Task[];
  lanes: (number | undefined)[];
  first: number;
}

/** Gives these tasks lanes from `first` on, and says how many there are then. */
function place(executed: readonly number[], { tasks, lanes, first }: Placing): number {
  const freeAt: number[] = [];
  for (const at of executed) {
    const { inputs, start = 0, end = 0 } = tasks[at] as Task;
    const near = inputs.map((input) => (lanes[input] ?? -1) - first).filter((lane) => lane >= 0);
    const free = [...near, ...freeAt.keys()].find((lane) => (freeAt[lane] ?? 0) <= start);
    const lane = free ?? freeAt.length;
    freeAt[lane] = end;
    lanes[at] = first + lane;
  }
  return first + freeAt.length;
}
