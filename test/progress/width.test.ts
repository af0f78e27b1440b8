import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { cut, displayWidth, expandTabs, slice } from '../../src/progress/width.ts';

const widths = suite('widths on a terminal');

const measured: [string, number][] = [
  ['', 0],
  ['abc', 3],
  ['Zürich', 6],
  ['e\u0301', 1],
  ['日本', 4],
  ['ｆｕｌｌ', 8],
  ['한국', 4],
  ['🚀', 2],
  ['✅ ok', 5],
  ['a\u200bb', 2],
  ['─│', 2],
  ['\u001b[31mred\u001b[0m', 3],
];

for (const [text, width] of measured) {
  widths(`${JSON.stringify(text)} takes ${width}`, () => assert.is(displayWidth(text), width));
}

const cuts: [string, number, string][] = [
  ['short', 5, 'short'],
  ['longer text', 8, 'longe...'],
  ['日本語日本語', 8, '日本...'],
  ['abcdef', 3, '...'],
  ['abcdef', 1, '.'],
  ['abcdef', 0, ''],
  ['abcdef', -2, ''],
  ['\u001b[31mcolored text\u001b[0m', 8, '\u001b[31mcolor\u001b[0m...'],
];

for (const [text, columns, expected] of cuts) {
  widths(`${JSON.stringify(text)} cut to ${columns}`, () => {
    assert.is(cut(text, columns), expected);
    assert.ok(displayWidth(expected) <= Math.max(columns, 0));
  });
}

widths('a slice leaves out a wide character that only partly fits', () => {
  assert.is(slice('a日b', 0, 2), 'a');
  assert.is(slice('a日b', 2, 4), 'b');
  assert.is(slice('a日b', 1, 3), '日');
});

widths('tabs go to the next stop, also after wide characters', () => {
  assert.is(expandTabs('\ta\tb', 4), '    a   b');
  assert.is(expandTabs('日\tx', 4), '日  x');
  assert.is(expandTabs('\tx', 8, 6), '  x');
});

widths.run();
