import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { summarize } from '../../bench/statistics.ts';

const test = suite('bench: statistics');

const cases: [name: string, values: number[], expected: { median: number; min: number; max: number }][] = [
  ['one', [3], { median: 3, min: 3, max: 3 }],
  ['odd, unsorted', [9, 1, 5], { median: 5, min: 1, max: 9 }],
  ['even', [1, 2, 4, 100], { median: 3, min: 1, max: 100 }],
  ['as numbers, not as texts', [10, 9, 100], { median: 10, min: 9, max: 100 }],
];

for (const [name, values, expected] of cases) {
  test(`median and extremes: ${name}`, () => assert.equal(summarize(values), expected));
}

test('leaves its input alone', () => {
  const values = [2, 1];
  summarize(values);
  assert.equal(values, [2, 1]);
});

test.run();
