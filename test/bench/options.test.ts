import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { CASES } from '../../bench/cases/index.ts';
import { CURVES } from '../../bench/curves/index.ts';
import { readOptions } from '../../bench/options.ts';
import { TRANSFERS } from '../../bench/transfers.ts';
import type { TsbuildError } from '../../src/base/error.ts';

const test = suite('bench: options');

test('nothing asked for is everything, five times', () => {
  const options = readOptions([]);
  assert.equal(options, {
    cases: CASES,
    transfers: TRANSFERS,
    curves: CURVES,
    runs: 5,
    warmUp: 1,
    peers: [],
    pruneDocker: false,
  });
});

test('cases, peers and numbers', () => {
  const options = readOptions(['run-20', 'noop', 'graph', '--peer', 'buildah', '--peer=tsbuild', '--runs', '9']);
  assert.equal(
    options.cases.map((found) => found.name),
    ['noop', 'run-20'],
  );
  assert.equal(
    options.curves.map((found) => found.name),
    ['graph'],
  );
  assert.equal(options.peers, ['buildah', 'tsbuild']);
  assert.is(options.runs, 9);
});

for (const argv of [['nosuch'], ['--runs', '4'], ['--runs', 'x'], ['--warm-up', '-1']]) {
  test(`refuses ${argv.join(' ')}`, () => {
    try {
      readOptions(argv);
      assert.unreachable();
    } catch (error) {
      assert.ok((error as TsbuildError).code === 'USAGE' || (error as Error).name === 'TypeError');
    }
  });
}

test('case names are unique', () => {
  const names = [...CASES, ...TRANSFERS, ...CURVES].map((found) => found.name);
  assert.is(new Set(names).size, names.length);
});

test.run();
