import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { DefinitionRecord, ResultRecord } from '../../src/graph/records.ts';
import type { Result, Vertex } from '../../src/graph/vertex.ts';
import { Workbench } from './executors.ts';

const test = suite('the two levels of the cache');

test('a second solve executes nothing, and shows each ancestor as cached once', async () => {
  const bench = new Workbench();
  const graph = () => {
    const base = bench.vertex({ name: 'base' });
    const sides = ['l', 'r'].map((name) => bench.vertex({ name, inputs: [base] }));
    return bench.vertex({ name: 'top', inputs: sides });
  };
  const first = await bench.solve([graph()]);
  const second = await bench.solve([graph()]);
  assert.equal(second, first);
  assert.equal(bench.executed, []);
  const shown = ['base', 'l', 'r', 'top'].flatMap((name) => [`vertex [${name}]`, `cached [${name}]`]);
  assert.equal(bench.log, shown);
});

test('a base behind a hit that another step executes on is shown once, as cached', async () => {
  const bench = new Workbench();
  const base = () => bench.vertex({ name: 'base', cacheable: false });
  await bench.solve([bench.vertex({ name: 'kept', inputs: [base()] })]);
  const kept = bench.vertex({ name: 'kept', inputs: [base()] });
  await bench.solve([bench.vertex({ name: 'top', inputs: [kept, bench.vertex({ name: 'new', inputs: [base()] })] })]);
  assert.equal(bench.executed.includes('new'), true);
  assert.equal(
    bench.log.filter((line) => line.endsWith('[base]')),
    ['vertex [base]', 'cached [base]'],
  );
});

test('a hit by definition touches no input', async () => {
  const bench = new Workbench();
  const base = bench.vertex({ name: 'base', cacheable: false });
  await bench.solve([bench.vertex({ name: 'top', inputs: [base] })]);
  await bench.solve([bench.vertex({ name: 'top', inputs: [base] })]);
  assert.equal(bench.executed, [], 'not even the one that is never recorded');
});

test('a stage that runs again and makes the same does not invalidate who reads it', async () => {
  const bench = new Workbench();
  const solve = (source: string, made: string) => {
    const stage = bench.vertex({ name: `compile ${source}`, work: () => made });
    const reads = (inputs: readonly { value: unknown }[]) => inputs.map(({ value }) => String(value));
    const copy = bench.vertex({ name: 'copy', inputs: [stage], reads });
    return bench.solve([bench.vertex({ name: 'after', inputs: [copy] })]);
  };
  await solve('1', 'bytes');
  await solve('2 with another comment', 'bytes');
  assert.equal(bench.executed, ['compile 2 with another comment']);
  await solve('2 with another comment', 'bytes');
  assert.equal(bench.executed, [], 'the definition leads there at once');
  await solve('3', 'other bytes');
  assert.equal(bench.executed, ['compile 3', 'copy', 'after']);
});

test('what comes from outside of the graph is part of the definition', async () => {
  const bench = new Workbench();
  const solve = (material: string) => bench.solve([bench.vertex({ name: 'copy', material: async () => material })]);
  await solve('files 1');
  await solve('files 2');
  assert.equal(bench.executed, ['copy']);
  await solve('files 1');
  assert.equal(bench.executed, []);
});

test('trap 61: a solve without the cache executes everything and writes the results', async () => {
  const bench = new Workbench();
  const solve = (value: string, ignoreCache: boolean) =>
    bench.solve([bench.vertex({ name: 'v', work: () => value, ignoreCache })]);
  await solve('old', false);
  assert.equal(await solve('new', true), ['new']);
  assert.equal(await solve('never', false), ['new']);
});

test('the cache can be refused for one vertex alone', async () => {
  const bench = new Workbench();
  const graph = (ignoreCache: boolean) =>
    bench.vertex({ name: 'top', inputs: [bench.vertex({ name: 'base' })], ignoreCache });
  await bench.solve([graph(false)]);
  await bench.solve([graph(true)]);
  assert.equal(bench.executed, ['top']);
});

test('what is made of a result that was made again is made again, what reads the same of it is not', async () => {
  const bench = new Workbench();
  const solve = (work: string, ignoreCache: boolean) => {
    const base = bench.vertex({ name: 'base', work: () => work, ignoreCache });
    const above = bench.vertex({ name: 'above', inputs: [base] });
    const reads = (inputs: readonly Result[]) => inputs.map(({ value }) => value);
    return bench.solve([above, bench.vertex({ name: 'reader', inputs: [base], reads })]);
  };
  await solve('bytes', false);
  await solve('bytes', true);
  assert.equal(bench.executed, ['base', 'above']);
  assert.equal(await solve('other bytes', true), ['above(other bytes)', 'reader(other bytes)']);
  await solve('', false);
  assert.equal(bench.executed, []);
});

test('vertices with one definition, of which one ignores the cache, are two', async () => {
  const bench = new Workbench();
  await bench.solve([bench.vertex({ name: 'v', work: () => 'old' })]);
  const again = bench.vertex({ name: 'v', work: () => 'new', ignoreCache: true });
  assert.equal(await bench.solve([bench.vertex({ name: 'v' }), again]), ['old', 'new']);
});

test('a record that cannot be used any more is no hit', async () => {
  const bench = new Workbench();
  await bench.solve([bench.vertex({ name: 'v' })]);
  bench.usable = false;
  await bench.solve([bench.vertex({ name: 'v' })]);
  assert.equal(bench.executed, ['v']);
});

test('what fails is not recorded', async () => {
  const bench = new Workbench();
  const failing = () => bench.vertex({ name: 'v', work: () => Promise.reject(new Error('no')) });
  await bench.solve([failing()]).catch(() => undefined);
  assert.is(bench.records.entries.size, 0);
});

test('a cached result keeps the time at which it was made', async () => {
  const bench = new Workbench();
  const [first] = await bench.solver().solve([bench.vertex({ name: 'v' })]);
  const [second] = await bench.solver().solve([bench.vertex({ name: 'v' })]);
  assert.is(second?.created, first?.created);
  assert.is(second?.id, first?.id);
  assert.is(bench.records.touched, 2, 'and it and its definition are marked as used');
});

test('both records keep what their key was made of', async () => {
  const bench = new Workbench();
  const base = bench.vertex({ name: 'base' });
  const op = { kind: 'step', name: 'top' };
  await bench.solve([bench.vertex({ name: 'top', inputs: [base], material: async () => 'files' })]);
  const records = [...bench.records.entries].map(([key, text]) => [key.split(' ')[0], JSON.parse(text)] as const);
  const tops = records.filter(([, { preImage }]) => preImage.op.name === 'top');
  const definition = tops.find(([kind]) => kind === 'definitions')?.[1] as DefinitionRecord;
  const result = tops.find(([kind]) => kind === 'results')?.[1] as ResultRecord;
  assert.equal([definition.preImage.op, definition.preImage.material], [op, 'files']);
  assert.equal([result.preImage.op, result.preImage.material, result.name], [op, 'files', '[top]']);
  assert.is(definition.preImage.inputs.length, 1);
});

/** Pairs of vertices that would have one key if fields were put together without frames. */
const COLLISIONS: [name: string, left: object, right: object][] = [
  ['arguments', { argv: ['ab', 'c'] }, { argv: ['a', 'bc'] }],
  ['an argument with a comma', { argv: ['a,b'] }, { argv: ['a', 'b'] }],
  ['an argument with quotes', { argv: ['a","b'] }, { argv: ['a', 'b'] }],
  ['fields', { user: 'a', directory: 'b' }, { user: 'ab', directory: '' }],
  ['nothing and the empty text', { user: '' }, {}],
  ['a number and its digits', { mode: 1 }, { mode: '1' }],
  ['a heredoc body and an argument', { argv: ['x'], file: { content: 'y' } }, { argv: ['x', 'y'] }],
  ['lists in lists', { argv: [['a'], ['b']] }, { argv: [['a', 'b']] }],
];

for (const [name, left, right] of COLLISIONS) {
  test(`keys are framed: ${name}`, async () => {
    const bench = new Workbench();
    const vertexOf = (fields: object): Vertex => {
      const vertex = bench.vertex({ name: 'v', work: () => JSON.stringify(fields) });
      Object.assign(vertex.op, fields);
      return vertex;
    };
    const results = await bench.solver().solve([vertexOf(left), vertexOf(right)]);
    assert.is.not(results[0]?.id, results[1]?.id);
    assert.is(bench.executed.length, 2);
  });
}

test('keys are framed: inputs and material', async () => {
  const bench = new Workbench();
  const [a, b] = ['a', 'b'].map((name) => bench.vertex({ name })) as [Vertex, Vertex];
  const results = await bench
    .solver()
    .solve([
      bench.vertex({ name: 'v', inputs: [a, b] }),
      bench.vertex({ name: 'v', inputs: [b, a] }),
      bench.vertex({ name: 'v', inputs: [a] }),
      bench.vertex({ name: 'v', inputs: [a], material: async () => 'b' }),
    ]);
  assert.is(new Set(results.map(({ id }) => id)).size, 4);
});

test('the order in which fields were written does not matter', async () => {
  const bench = new Workbench();
  const make = (op: object): Vertex => ({ ...bench.vertex({ name: 'v' }), op: { kind: 'step', ...op } as never });
  const left = make({ x: 1, y: { a: 1, b: 2 } });
  const right = make({ y: { b: 2, a: 1 }, x: 1 });
  const executor = { cacheable: true, usable: () => true, execute: async () => ({ value: 1 }) };
  const [one, two] = await bench.solver({ executors: { step: executor } }).solve([left, right]);
  assert.is(one?.id, two?.id);
});

test.run();
