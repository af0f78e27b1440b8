/** A step of a build as a scheduler sees it. Times are milliseconds; a step from the cache has none. */
export interface Task {
  /** Places of the tasks that it needs, which come before it. */
  inputs: readonly number[];
  start?: number | undefined;
  end?: number | undefined;
}

/** What a task costs when it is scheduled again: time before it begins although nothing holds it up, and its own. */
interface Cost {
  lag: number;
  duration: number;
}

/**
 * By how much the build had been shorter if one task had come from the cache, for each task that was executed. The
 * rest is scheduled again, with the same dependencies and the same number of tasks at once: a step beside which
 * something longer ran saves nothing.
 */
export function whatIf(tasks: readonly Task[], jobs: number): Map<number, number> {
  const costs = costsOf(tasks, jobs);
  const order = startOrder(tasks);
  const whole = makespan(tasks, { costs, jobs, order });
  const saved = new Map<number, number>();
  for (const at of order) {
    const without = costs.map((cost, index) => (index === at ? { ...cost, duration: 0 } : cost));
    saved.set(at, Math.max(0, whole - makespan(tasks, { costs: without, jobs, order })));
  }
  return saved;
}

/**
 * The chain of tasks that ends last, each with the one that it waited for longest. The first one first. Of a build that
 * failed the chain that leads to `end`: what was cancelled then may have ended later, and nobody waited for it.
 */
export function criticalPath(tasks: readonly Task[], end?: number): number[] {
  const path: number[] = [];
  const ends = endsOf(tasks);
  for (let at = end ?? latest(executedIn(tasks), ends); at !== undefined; ) {
    const task = tasks[at] as Task;
    if (task.end !== undefined) path.unshift(at);
    at = latest(task.inputs, ends);
  }
  return path;
}

/** When a task or the last one behind it was over; nothing executed is behind a task without an end. */
function endsOf(tasks: readonly Task[]): (number | undefined)[] {
  const ends: (number | undefined)[] = [];
  for (const { inputs, end } of tasks) {
    const behind = inputs.map((input) => ends[input]).filter((time) => time !== undefined);
    ends.push(end ?? (behind.length === 0 ? undefined : Math.max(...behind)));
  }
  return ends;
}

function executedIn(tasks: readonly Task[]): number[] {
  return [...tasks.keys()].filter((at) => tasks[at]?.end !== undefined);
}

function latest(of: readonly number[], ends: readonly (number | undefined)[]): number | undefined {
  const ended = of.filter((at) => ends[at] !== undefined);
  return ended.length === 0 ? undefined : ended.reduce((a, b) => ((ends[b] ?? 0) > (ends[a] ?? 0) ? b : a));
}

function startOrder(tasks: readonly Task[]): number[] {
  return executedIn(tasks).sort((a, b) => (tasks[a]?.start ?? 0) - (tasks[b]?.start ?? 0) || a - b);
}

/** What the schedule that was shows: who began late had something of its own to do first, or waited for a place. */
function costsOf(tasks: readonly Task[], jobs: number): Cost[] {
  const ends = endsOf(tasks);
  const executed = startOrder(tasks).map((at) => tasks[at] as Required<Task>);
  return tasks.map(({ inputs, start, end }) => {
    if (start === undefined || end === undefined) return { lag: 0, duration: 0 };
    const ready = Math.max(0, ...inputs.map((input) => ends[input] ?? 0));
    return { lag: Math.max(0, start - placeFreeAt({ ready, start }, executed, jobs)), duration: end - start };
  });
}

/** The last moment at which a place became free, of all that were taken, between `ready` and `start`. */
function placeFreeAt(
  { ready, start }: { ready: number; start: number },
  executed: readonly Required<Task>[],
  jobs: number,
): number {
  const running = executed.filter((task) => (task.start ?? 0) < start && (task.end ?? 0) > ready);
  const ends = running.map(({ end }) => end ?? 0).filter((end) => end <= start);
  const taken = (time: number) => running.filter((task) => (task.start ?? 0) < time && (task.end ?? 0) >= time).length;
  return Math.max(ready, ...ends.filter((end) => taken(end) >= jobs));
}

interface Scheduling {
  costs: readonly Cost[];
  jobs: number;
  /** In which of several tasks that are ready one begins. */
  order: readonly number[];
}

/** When the last task is over if each begins as soon as it can: first ready, first served. */
function makespan(tasks: readonly Task[], { costs, jobs, order }: Scheduling): number {
  const rank = new Map(order.map((at, index) => [at, index]));
  const waiting = tasks.map(({ inputs }) => new Set(inputs).size);
  const users = usersOf(tasks);
  const ready = new Queue();
  const places = new Queue();
  for (let place = 0; place < jobs; place++) places.push(0, place);
  const readyAt = new Array<number>(tasks.length).fill(0);
  let last = 0;

  const finish = (first: number, time: number): void => {
    for (const done = [first]; done.length > 0; ) {
      for (const user of users[done.pop() as number] ?? []) {
        readyAt[user] = Math.max(readyAt[user] ?? 0, time);
        waiting[user] = (waiting[user] ?? 0) - 1;
        if (waiting[user] === 0) begin(user, done);
      }
    }
  };
  // What came from the cache takes no time and no place.
  const begin = (at: number, done: number[]): void => {
    if (tasks[at]?.end === undefined) done.push(at);
    else ready.push((readyAt[at] ?? 0) + (costs[at]?.lag ?? 0), rank.get(at) ?? 0);
  };
  const free: number[] = [];
  for (const [at] of tasks.entries()) if (waiting[at] === 0) begin(at, free);
  for (const at of free) finish(at, 0);
  while (ready.size > 0) {
    const { time, item } = ready.pop();
    const place = places.pop();
    const at = order[item] as number;
    const end = Math.max(time, place.time) + (costs[at]?.duration ?? 0);
    places.push(end, place.item);
    last = Math.max(last, end);
    finish(at, end);
  }
  return last;
}

function usersOf(tasks: readonly Task[]): number[][] {
  const users: number[][] = tasks.map(() => []);
  for (const [at, { inputs }] of tasks.entries()) for (const input of new Set(inputs)) users[input]?.push(at);
  return users;
}

interface Queued {
  time: number;
  item: number;
}

/** A binary heap: the earliest first, of equal times the smallest item. */
class Queue {
  readonly #heap: Queued[] = [];

  get size(): number {
    return this.#heap.length;
  }

  push(time: number, item: number): void {
    const heap = this.#heap;
    heap.push({ time, item });
    for (let at = heap.length - 1; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!this.#precedes(at, parent)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  pop(): Queued {
    const heap = this.#heap;
    this.#swap(0, heap.length - 1);
    const first = heap.pop() as Queued;
    for (let at = 0; ; ) {
      const children = [2 * at + 1, 2 * at + 2].filter((child) => child < heap.length);
      const next = children.reduce((best, child) => (this.#precedes(child, best) ? child : best), at);
      if (next === at) return first;
      this.#swap(at, next);
      at = next;
    }
  }

  #precedes(a: number, b: number): boolean {
    const [one, other] = [this.#heap[a] as Queued, this.#heap[b] as Queued];
    return one.time < other.time || (one.time === other.time && one.item < other.item);
  }

  #swap(a: number, b: number): void {
    const heap = this.#heap;
    [heap[a], heap[b]] = [heap[b] as Queued, heap[a] as Queued];
  }
}
