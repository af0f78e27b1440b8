import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { StatusEvent } from '../../src/base/events.ts';
import { BuildModel, isCancelled, statusText } from '../../src/progress/model.ts';
import { formatBytes, formatSeconds } from '../../src/progress/units.ts';
import { cached, completed, declare, start, started, status } from './events.ts';

const model = suite('state of a build');

model('vertices become active in the order in which they start', () => {
  const build = new BuildModel();
  for (const id of ['a', 'b', 'c']) build.apply(declare(id, id) as StatusEvent);
  build.apply(started('c', 1) as StatusEvent);
  build.apply(cached('a', 2) as StatusEvent);
  assert.equal(
    build.active.map(({ id }) => id),
    ['c', 'a'],
  );
  assert.is(build.completedCount, 1);
  assert.is(build.vertices.size, 3);
  assert.is(build.begun, start);
});

model('a vertex that is only heard of goes by its id', () => {
  assert.is(new BuildModel().apply(started('v', 0) as StatusEvent).name, 'v');
});

model('the first end of a vertex counts', () => {
  const build = new BuildModel();
  build.apply(cached('v', 5) as StatusEvent);
  const vertex = build.apply(completed('v', 9) as StatusEvent);
  assert.is(vertex.completed, start + 5);
  assert.ok(vertex.cached);
});

for (const [error, expected] of [
  ['cancelled', true],
  ['context canceled', true],
  ['exit code: 1', false],
  [undefined, false],
] as const) {
  model(`${error} is ${expected ? '' : 'not '}a cancellation`, () => {
    assert.is(isCancelled(new BuildModel().apply(completed('v', 0, error) as StatusEvent)), expected);
  });
}

const downloads: [name: string, events: [string, number, number][], text: string, completed: boolean][] = [
  ['a start', [['downloading', 0, 2_500_000]], 'downloading layer1 0B / 2.50MB', false],
  ['of unknown size', [['downloading', 1234, 0]], 'downloading layer1 1.23kB', false],
  ['a full one', [['downloading', 5, 5]], 'downloading layer1 5B / 5B', true],
  [
    'another action begins anew',
    [
      ['downloading', 5, 5],
      ['extracting', 0, 0],
    ],
    'extracting layer1',
    false,
  ],
  [
    'done keeps the action',
    [
      ['extracting', 3, 0],
      ['done', 0, 0],
    ],
    'extracting layer1 3B',
    true,
  ],
  ['done alone', [['done', 0, 0]], 'layer1', true],
];

for (const [name, events, text, isDone] of downloads) {
  model(`a download: ${name}`, () => {
    const build = new BuildModel();
    let vertex = build.apply(started('v', 0) as StatusEvent);
    for (const [action, current, total] of events)
      vertex = build.apply(status('v', 1, action, current, total) as StatusEvent);
    const state = vertex.statuses.get('layer1');
    assert.ok(state);
    assert.is(statusText(state), text);
    assert.is(state.completed !== undefined, isDone);
  });
}

model('units', () => {
  const bytes: [number, string][] = [
    [0, '0B'],
    [999, '999B'],
    [1000, '1.00kB'],
    [34_560_000, '34.56MB'],
    [2_000_000_000_000_000, '2000.00TB'],
  ];
  for (const [count, text] of bytes) assert.is(formatBytes(count), text);
  assert.is(formatSeconds(1249), '1.2s');
  assert.is(formatSeconds(312, 3), '0.312s');
  assert.is(formatSeconds(-5), '0.0s');
});

model.run();
