import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { pause, Workbench } from './executors.ts';

const test = suite('the solver');

const unhandled: unknown[] = [];
process.on('unhandledRejection', (reason) => unhandled.push(reason));

test.after(async () => {
  await pause();
  assert.equal(unhandled, [], 'no rejection without a handler');
});

async function rejection(promise: Promise<unknown>): Promise<Error> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('did not reject');
}

test('a vertex gets the results of its inputs, in order', async () => {
  const bench = new Workbench();
  const [a, b] = ['a', 'b'].map((name) => bench.vertex({ name }));
  assert.equal(await bench.solve([bench.vertex({ name: 'c', inputs: [a as never, b as never] })]), ['c(a,b)']);
});

test('equal vertices run once, also below different targets', async () => {
  const bench = new Workbench();
  const twice = () => bench.vertex({ name: 'same', work: () => sleep(5).then(() => 'same') });
  const targets = ['x', 'y'].map((name) => bench.vertex({ name, inputs: [twice()] }));
  assert.equal(await bench.solve(targets), ['x(same)', 'y(same)']);
  assert.equal(bench.executed.sort(), ['same', 'x', 'y']);
});

test('at most `jobs` vertices execute at once, and that many do', async () => {
  const bench = new Workbench();
  const inputs = Array.from({ length: 12 }, (_, i) =>
    bench.vertex({ name: `${i}`, work: () => sleep(5).then(() => i) }),
  );
  await bench.solve([bench.vertex({ name: 'all', inputs })], { jobs: 3 });
  assert.is(bench.maxRunning, 3);
});

test('a vertex that waits for inputs takes no place: one job suffices for any depth', async () => {
  const bench = new Workbench();
  let vertex = bench.vertex({ name: '0' });
  for (let i = 1; i < 300; i++) vertex = bench.vertex({ name: `${i}`, inputs: [vertex] });
  await bench.solve([vertex], { jobs: 1 });
  assert.is(bench.executed.length, 300);
  assert.is(bench.executed[0], '0');
});

test('the first failure cancels the rest, and nothing runs any more when solve rejects', async () => {
  const bench = new Workbench();
  let cleaned = false;
  const slow = bench.vertex({
    name: 'slow',
    work: async (_, { signal }) => {
      await sleep(10_000, undefined, { signal }).catch(() => undefined);
      await pause(20);
      cleaned = true;
      throw new Error('killed');
    },
  });
  const failing = bench.vertex({
    name: 'failing',
    work: async () => {
      await pause();
      throw new TsbuildError('STEP_FAILED', 'exit code: 3');
    },
  });
  const never = bench.vertex({ name: 'never', inputs: [failing] });
  const error = await rejection(bench.solve([bench.vertex({ name: 'all', inputs: [slow, never] })]));
  assert.is(error.message, 'exit code: 3');
  assert.is(bench.running, 0);
  assert.ok(cleaned);
  assert.equal(bench.executed.sort(), ['failing', 'slow']);
  assert.ok(bench.events.some((event) => event.type === 'completed' && event.error === 'cancelled'));
  await pause();
  assert.equal(bench.executed.length, 2, 'nothing began later');
});

test('what waits for its turn does not begin after a failure', async () => {
  const bench = new Workbench();
  const failing = bench.vertex({ name: 'failing', work: () => Promise.reject(new TsbuildError('INVALID', 'no')) });
  const waiting = Array.from({ length: 5 }, (_, i) => bench.vertex({ name: `w${i}` }));
  await rejection(bench.solve([failing, ...waiting], { jobs: 1 }));
  assert.equal(bench.executed, ['failing']);
});

test('solve does not reject while a definition is still being computed', async () => {
  const bench = new Workbench();
  let done = false;
  const slowly = async () => {
    await sleep(30);
    done = true;
    return 1;
  };
  const slow = bench.vertex({ name: 'slow', material: slowly });
  const failing = bench.vertex({ name: 'failing', material: () => Promise.reject(new TsbuildError('NOT_FOUND', 'x')) });
  const error = await rejection(bench.solve([bench.vertex({ name: 'all', inputs: [failing, slow] })]));
  assert.is(error.message, 'x');
  assert.ok(done);
  assert.equal(bench.executed, []);
});

test('an error without a place gets that of its vertex, and one with a place keeps it', async () => {
  const range = { start: { line: 3, column: 1, offset: 9 }, end: { line: 3, column: 2, offset: 10 } };
  const source = { name: 'Dockerfile', text: '' };
  const bench = new Workbench();
  const vertex = bench.vertex({ name: 'v', work: () => Promise.reject(new Error('broken')) });
  vertex.display.location = range;
  vertex.display.source = source;
  const error = (await rejection(bench.solve([vertex]))) as TsbuildError;
  assert.is(error.code, 'INTERNAL');
  assert.equal([error.location, error.source], [range, source]);
});

test('an abort from outside ends everything with its reason', async () => {
  const bench = new Workbench();
  const controller = new AbortController();
  const vertex = bench.vertex({
    name: 'v',
    work: async (_, { signal }) => {
      setTimeout(() => controller.abort(new Error('SIGINT')), 5);
      await sleep(10_000, undefined, { signal });
      return 1;
    },
  });
  const above = bench.vertex({ name: 'above', inputs: [vertex] });
  const error = await rejection(bench.solve([above], { signal: controller.signal }));
  assert.is(error.message, 'SIGINT');
  assert.is(bench.running, 0);
  assert.equal(bench.executed, ['v']);
  assert.is(bench.records.entries.size, 0, 'nothing is recorded');
});

test('a result that cannot be recorded fails its step, and cancels the others', async () => {
  const bench = new Workbench();
  bench.records.put = () => {
    throw new TsbuildError('NO_SPACE', 'no space left');
  };
  let cancelled = false;
  const slow = bench.vertex({
    name: 'slow',
    work: async (_, { signal }) => {
      await sleep(10_000, undefined, { signal }).catch(() => {
        cancelled = true;
      });
      return 1;
    },
  });
  const quick = bench.vertex({ name: 'quick', work: () => pause().then(() => 1) });
  const error = await rejection(bench.solve([slow, quick]));
  assert.is(error.message, 'no space left');
  assert.ok(cancelled);
  const ended = bench.events.flatMap((event) => (event.type === 'completed' ? [event.error] : []));
  assert.equal(ended, ['no space left', 'cancelled']);
});

test('a signal that is aborted already lets nothing begin', async () => {
  const bench = new Workbench();
  const signal = AbortSignal.abort(new Error('too late'));
  assert.is((await rejection(bench.solve([bench.vertex({ name: 'v' })], { signal }))).message, 'too late');
  assert.equal(bench.executed, []);
});

test('a kind that nobody executes is a defect, not a hang', async () => {
  const bench = new Workbench();
  const error = await rejection(bench.solve([{ op: { kind: 'odd' }, inputs: [], display: { name: 'odd' } }]));
  assert.is((error as TsbuildError).code, 'INTERNAL');
});

test('a vertex is announced with its inputs before it starts, and starts before it completes', async () => {
  const bench = new Workbench();
  const a = bench.vertex({
    name: 'a',
    work: (_, { log, status }) => {
      log(1, Buffer.from('x'));
      status('i', 'did', 1, 2);
      return 1;
    },
  });
  await bench.solve([bench.vertex({ name: 'b', inputs: [a] })]);
  const ofA = ['vertex [a]', 'started [a]', 'log [a]', 'status [a]', 'completed [a]'];
  assert.equal(bench.log, [...ofA, 'vertex [b]', 'started [b]', 'completed [b]']);
  const [first] = bench.events;
  const declaredB = bench.events[5];
  assert.ok(first?.type === 'vertex' && declaredB?.type === 'vertex');
  assert.equal(declaredB.inputs, [first.vertex]);
});

test('an internal vertex is executed and not shown, also not as an input', async () => {
  const bench = new Workbench();
  const root = bench.vertex({ name: 'root' });
  root.display.internal = true;
  assert.equal(await bench.solve([bench.vertex({ name: 'a', inputs: [root] })]), ['a(root)']);
  assert.equal(bench.log, ['vertex [a]', 'started [a]', 'completed [a]']);
  const [declared] = bench.events;
  assert.ok(declared?.type === 'vertex');
  assert.equal(declared.inputs, []);
});

test.run();
