import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { lanesOf } from '../../src/report/lanes.ts';
import { criticalPath, type Task, whatIf } from '../../src/report/schedule.ts';

const test = suite('what a hit would have saved');

/** `[start, end, inputs]`; one from the cache has inputs alone. */
type Short = readonly [number, number, (readonly number[])?] | readonly [readonly number[]];

interface Row {
  what: string;
  tasks: readonly Short[];
  jobs: number;
  saves: Readonly<Record<number, number>>;
  critical: readonly number[];
}

const ROWS: readonly Row[] = [
  {
    what: 'a chain: each its own time',
    tasks: [
      [0, 10],
      [10, 40, [0]],
      [40, 45, [1]],
    ],
    jobs: 2,
    saves: { 0: 10, 1: 30, 2: 5 },
    critical: [0, 1, 2],
  },
  {
    what: 'beside something longer: nothing; the longer one down to the other',
    tasks: [
      [0, 30],
      [0, 50],
      [50, 60, [0, 1]],
    ],
    jobs: 2,
    saves: { 0: 0, 1: 20, 2: 10 },
    critical: [1, 2],
  },
  {
    what: 'three on two places: who waited begins earlier',
    tasks: [
      [0, 30],
      [0, 50],
      [30, 70],
    ],
    jobs: 2,
    saves: { 0: 20, 1: 30, 2: 20 },
    critical: [2],
  },
  {
    what: 'time before a step that it needs itself stays',
    tasks: [
      [5, 10],
      [18, 20, [0]],
    ],
    jobs: 1,
    saves: { 0: 5, 1: 2 },
    critical: [0, 1],
  },
  {
    what: 'through a step from the cache',
    tasks: [[0, 10], [[0]], [10, 30, [1]]],
    jobs: 2,
    saves: { 0: 10, 2: 20 },
    critical: [0, 2],
  },
  { what: 'nothing executed', tasks: [[[]], [[0]]], jobs: 2, saves: {}, critical: [] },
];

function taskOf(short: Short): Task {
  if (short.length === 1) return { inputs: short[0] };
  const [start, end, inputs = []] = short;
  return { start, end, inputs };
}

for (const { what, tasks, jobs, saves, critical } of ROWS) {
  test(what, () => {
    assert.equal(Object.fromEntries(whatIf(tasks.map(taskOf), jobs)), saves);
    assert.equal(criticalPath(tasks.map(taskOf)), critical);
  });
}

/** Builds as they come out where each step begins as soon as it is ready and a place is free. */
const builds = fc
  .record({
    jobs: fc.integer({ min: 1, max: 4 }),
    steps: fc.array(fc.tuple(fc.integer({ min: 1, max: 50 }), fc.array(fc.nat(20), { maxLength: 3 })), {
      minLength: 1,
      maxLength: 20,
    }),
  })
  .map(({ jobs, steps }) => {
    const places = new Array<number>(jobs).fill(0);
    const tasks: Task[] = [];
    for (const [time, wanted] of steps) {
      const inputs = [...new Set(wanted.filter((input) => input < tasks.length))];
      const ready = Math.max(0, ...inputs.map((input) => tasks[input]?.end ?? 0), tasks.at(-1)?.start ?? 0);
      const place = places.indexOf(Math.min(...places));
      const start = Math.max(ready, places[place] ?? 0);
      places[place] = start + time;
      tasks.push({ start, end: start + time, inputs });
    }
    return { jobs, tasks };
  });

test('a hit saves something between nothing and all, and of a chain without waits all that it took', () => {
  fc.assert(
    fc.property(builds, ({ jobs, tasks }) => {
      const whole = Math.max(...tasks.map(({ end = 0 }) => end));
      for (const saved of whatIf(tasks, jobs).values()) assert.ok(saved >= 0 && saved <= whole);
      const path = criticalPath(tasks);
      assert.is(tasks[path.at(-1) as number]?.end, whole);
      for (const [index, at] of path.entries()) {
        if (index > 0) assert.ok(tasks[at]?.inputs.includes(path[index - 1] as number));
      }
    }),
  );
});

test('of a build that failed the chain leads to where it failed, whatever was cancelled after that', () => {
  const tasks: Short[] = [
    [0, 4],
    [4, 9, [0]],
    [0, 10],
  ];
  assert.equal(criticalPath(tasks.map(taskOf)), [2]);
  assert.equal(criticalPath(tasks.map(taskOf), 1), [0, 1]);
});

test('tasks of a lane do not overlap, and there are no more lanes than ran at once', () => {
  fc.assert(
    fc.property(builds, ({ jobs, tasks }) => {
      const lanes = lanesOf(tasks);
      assert.ok(Math.max(...lanes.map((lane) => lane as number)) < jobs);
      for (const [a, one] of tasks.entries()) {
        for (const [b, other] of tasks.entries()) {
          if (a >= b || lanes[a] !== lanes[b]) continue;
          assert.ok((one.end ?? 0) <= (other.start ?? 0) || (other.end ?? 0) <= (one.start ?? 0));
        }
      }
    }),
  );
});

test.run();
