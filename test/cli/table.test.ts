import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { ago, shortId, size, table } from '../../src/cli/table.ts';

const test = suite('tables');

test('columns are as wide as their widest cell, and the last one is not padded', () => {
  assert.is(
    table(
      ['A', 'LONGER'],
      [
        ['wide cell', 'x'],
        ['', 'y'],
      ],
    ),
    'A           LONGER\nwide cell   x\n            y\n',
  );
});

const SIZES: [bytes: number, text: string][] = [
  [0, '0B'],
  [999, '999B'],
  [1000, '1.00kB'],
  [12_345, '12.3kB'],
  [2_126_051, '2.13MB'],
  [999_999, '1.00MB'],
  [123_456_789, '123MB'],
  [5e15, '5000TB'],
];

for (const [bytes, text] of SIZES) test(`${bytes} bytes are ${text}`, () => assert.is(size(bytes), text));

const NOW = Date.parse('2024-06-01T00:00:00Z');
const TIMES: [time: string | undefined, text: string][] = [
  ['2024-05-31T23:59:59Z', '1 second ago'],
  ['2024-05-31T23:58:30Z', '1 minute ago'],
  ['2024-05-31T21:00:00Z', '3 hours ago'],
  ['2024-05-20T00:00:00Z', '1 week ago'],
  ['2022-01-01T00:00:00Z', '2 years ago'],
  ['2024-06-01T00:00:00Z', '0 seconds ago'],
  ['2030-01-01T00:00:00Z', '0 seconds ago'],
  [undefined, 'unknown'],
  ['nonsense', 'unknown'],
];

for (const [time, text] of TIMES) test(`${time} was ${text}`, () => assert.is(ago(time, NOW), text));

test('an ID is shown with twelve digits', () => assert.is(shortId(`sha256:${'ab'.repeat(32)}`), 'abababababab'));

test.run();
