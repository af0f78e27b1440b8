import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { fit, type Group } from '../../src/progress/fit.ts';

const fitting = suite('what fits the screen');

function done(row: string, ...parts: string[]): Group {
  return { row, parts, tail: [], running: false };
}

function running(row: string, tail: number, ...parts: string[]): Group {
  return { row, parts, tail: Array.from({ length: tail }, (_, i) => `${row}-log${i}`), running: true };
}

const cases: [name: string, groups: Group[], height: number, rows: string[]][] = [
  ['everything', [done('a', 'a1'), running('b', 2, 'b1')], 10, ['a', 'a1', 'b', 'b1', 'b-log0', 'b-log1']],
  ['the oldest finished go first', [done('a'), done('b'), running('c', 1)], 3, ['b', 'c', 'c-log0']],
  ['output goes before finished steps', [done('a'), running('b', 6)], 7, ['b', ...running('b', 6).tail]],
  ['the last lines of the output stay', [running('a', 6)], 3, ['a', 'a-log4', 'a-log5']],
  [
    'running steps share the rows',
    [running('a', 6), running('b', 6)],
    6,
    ['a', 'a-log4', 'a-log5', 'b', 'b-log4', 'b-log5'],
  ],
  ['the order of the build stays', [running('a', 0), done('b'), running('c', 0)], 3, ['a', 'b', 'c']],
  ['parts of what runs before finished steps', [done('a'), running('b', 0, 'b1', 'b2')], 3, ['b', 'b1', 'b2']],
  ['more running steps than rows', [running('a', 6), running('b', 6), running('c', 6)], 2, ['a', ' => ... and 2 more']],
  ['exactly as many running steps as rows', [running('a', 6), running('b', 6)], 2, ['a', 'b']],
  ['no room at all', [running('a', 6)], 0, []],
  ['nothing to show', [], 5, []],
];

for (const [name, groups, height, rows] of cases) {
  fitting(name, () => assert.equal(fit(groups, height), rows));
}

fitting('never more rows than there are, whatever the build', () => {
  for (let height = 0; height < 30; height++) {
    for (let count = 0; count < 12; count++) {
      const groups = Array.from({ length: count }, (_, i) =>
        i % 3 === 0 ? running(`r${i}`, i, 'p1', 'p2') : done(`d${i}`, 'p1'),
      );
      assert.ok(fit(groups, height).length <= height);
    }
  }
});

fitting.run();
