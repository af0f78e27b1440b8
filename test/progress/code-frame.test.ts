import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SourceRange } from '../../src/base/source.ts';
import { renderCodeFrame } from '../../src/progress/code-frame.ts';
import { createPalette } from '../../src/progress/palette.ts';

const frames = suite('code frames');

type Place = [line: number, column: number];

function range(start: Place, end: Place): SourceRange {
  return {
    start: { line: start[0], column: start[1], offset: 0 },
    end: { line: end[0], column: end[1], offset: 0 },
  };
}

function render(text: string, start: Place, end: Place, columns = 60): string[] {
  return renderCodeFrame({ name: 'Dockerfile', text }, range(start, end), { columns, palette: createPalette(false) });
}

const file = 'FROM busybox\nWORKDIR /a\nCOPY --form=x . .\nRUN make\nCMD ["sh"]\n';
const rule = '-'.repeat(20);

const cases: [name: string, text: string, start: Place, end: Place, rows: string[]][] = [
  [
    'a part of a line is underlined',
    file,
    [3, 6],
    [3, 12],
    [
      'Dockerfile:3',
      rule,
      '   1 |     FROM busybox',
      '   2 |     WORKDIR /a',
      '   3 | >>> COPY --form=x . .',
      '     |          ^^^^^^',
      '   4 |     RUN make',
      '   5 |     CMD ["sh"]',
      rule,
    ],
  ],
  [
    'a whole line needs no underline',
    file,
    [4, 1],
    [4, 9],
    [
      'Dockerfile:4',
      rule,
      '   2 |     WORKDIR /a',
      '   3 |     COPY --form=x . .',
      '   4 | >>> RUN make',
      '   5 |     CMD ["sh"]',
      '   6 |',
      rule,
    ],
  ],
  [
    'several lines',
    file,
    [2, 1],
    [4, 1],
    [
      'Dockerfile:2',
      rule,
      '   1 |     FROM busybox',
      '   2 | >>> WORKDIR /a',
      '   3 | >>> COPY --form=x . .',
      '   4 |     RUN make',
      rule,
    ],
  ],
  [
    'the first line has nothing above it',
    'FRM x',
    [1, 1],
    [1, 4],
    ['Dockerfile:1', rule, '   1 | >>> FRM x', '     |     ^^^', rule],
  ],
  [
    'an empty range is a point, also behind the end of the line',
    'FROM',
    [1, 5],
    [1, 5],
    ['Dockerfile:1', rule, '   1 | >>> FROM', '     |         ^', rule],
  ],
  [
    'tabs and wide characters before the place',
    'RUN\t日本 --bad',
    [1, 8],
    [1, 13],
    ['Dockerfile:1', rule, '   1 | >>> RUN 日本 --bad', '     |              ^^^^^', rule],
  ],
  [
    'a place outside the file is moved into it',
    'FROM x',
    [7, 3],
    [7, 9],
    ['Dockerfile:1', rule, '   1 | >>> FROM x', '     |       ^^^^', rule],
  ],
  ['an empty file', '', [1, 1], [1, 1], ['Dockerfile:1', rule, '   1 | >>>', '     |     ^', rule]],
  [
    'CR LF and control characters',
    'FROM x\r\nRUN \u001b[2Jy z\r\n',
    [2, 11],
    [2, 12],
    ['Dockerfile:2', rule, '   1 |     FROM x', '   2 | >>> RUN y z', '     |           ^', '   3 |', rule],
  ],
];

for (const [name, text, start, end, rows] of cases) {
  frames(name, () => assert.equal(render(text, start, end), rows));
}

const long = `RUN ${'a'.repeat(200)} --bad ${'b'.repeat(200)}`;

frames('a long line is cut at the right where the place is near its start', () => {
  const rows = render(long, [1, 1], [1, 4], 40);
  assert.is(rows[2], '   1 | >>> RUN aaaaaaaaaaaaaaaaaaaaaa...');
  assert.is(rows[3], '     |     ^^^');
});

frames('a long line is shown around a place far to the right', () => {
  const [, , line = '', carets = ''] = render(long, [1, 206], [1, 211], 40);
  assert.is(line, '   1 | >>> ...aaaaaaaa --bad bbbbbbbb...');
  assert.is(line.slice(carets.indexOf('^'), carets.length), '--bad');
});

frames('no row is wider than the terminal', () => {
  for (const columns of [27, 40, 80]) {
    for (let column = 1; column < long.length; column += 7) {
      for (const row of render(long, [1, column], [1, column + 9], columns).slice(2, -1)) {
        assert.ok(row.length <= columns, `${columns}, ${column}: ${row}`);
      }
    }
  }
});

frames('a long range shows its beginning', () => {
  const text = Array.from({ length: 100 }, (_, i) => `line ${i + 1}`).join('\n');
  const rows = render(text, [20, 1], [80, 3]);
  assert.is(rows.length, 1 + 1 + 1 + 10 + 1 + 1 + 1);
  assert.is(rows[3], '  20 | >>> line 20');
  assert.equal(rows.slice(-4), ['  29 | >>> line 29', '  ... |', '  81 |     line 81', rule]);
});

frames.run();
