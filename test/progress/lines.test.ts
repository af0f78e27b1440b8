import fc from 'fast-check';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { LineSplitter } from '../../src/progress/lines.ts';
import { LogTail } from '../../src/progress/tail.ts';

const lines = suite('lines of a stream');

const cases: [name: string, chunks: (string | Buffer)[], lines: string[], partial: string][] = [
  ['whole lines', ['a\nb\n'], ['a', 'b'], ''],
  ['a line in pieces', ['a', 'b', 'c\nd'], ['abc'], 'd'],
  ['empty lines count', ['\n\na\n'], ['', '', 'a'], ''],
  ['CR LF', ['a\r\nb\r\n'], ['a', 'b'], ''],
  ['CR LF in two pieces', ['a\r', '\nb'], ['a'], 'b'],
  ['a progress bar shows its last state', ['10%\r20%\r', '30%\n'], ['30%'], ''],
  ['a progress bar that goes on', ['10%\r20%\r'], [], '20%'],
  ['a bar that is erased by its end', ['10%\r20%\r\r\n'], ['20%'], ''],
  ['a character in two pieces', [Buffer.from([0xc3]), Buffer.from([0xa9, 0x0a])], ['é'], ''],
  ['not UTF-8', [Buffer.from([0x61, 0xff, 0xfe, 0x0a])], ['a\ufffd\ufffd'], ''],
];

for (const [name, chunks, expected, partial] of cases) {
  lines(name, () => {
    const splitter = new LineSplitter();
    assert.equal(
      chunks.flatMap((chunk) => splitter.push(Buffer.from(chunk as string))),
      expected,
    );
    assert.is(splitter.partial, partial);
    assert.equal(splitter.flush(), partial === '' ? [] : [partial]);
    assert.is(splitter.partial, '');
  });
}

lines('half a character at the end becomes a replacement', () => {
  const splitter = new LineSplitter();
  splitter.push(Buffer.from([0x61, 0xc3]));
  assert.equal(splitter.flush(), ['a\ufffd']);
});

lines('output without line ends is broken and does not gather', () => {
  const splitter = new LineSplitter();
  const chunk = Buffer.alloc(10_000, 'x');
  let length = 0;
  for (let i = 0; i < 50; i++) length += splitter.push(chunk).join('').length;
  assert.ok(splitter.partial.length <= 16 * 1024);
  assert.is(length + splitter.partial.length, 500_000);
});

lines('a progress bar without an end does not gather', () => {
  const splitter = new LineSplitter();
  for (let i = 0; i < 5000; i++) assert.equal(splitter.push(Buffer.from(`\r${i} of 5000 packages`)), []);
  assert.is(splitter.partial, '4999 of 5000 packages');
});

lines('nothing but carriage returns takes linear time', () => {
  const begin = performance.now();
  assert.equal(new LineSplitter().push(Buffer.from(`${'\r'.repeat(1_000_000)}x\n`)), ['x']);
  assert.equal(new LineSplitter().push(Buffer.from(`${'\r'.repeat(1_000_000)}\n`)), ['']);
  assert.ok(performance.now() - begin < 1000);
});

lines('how the bytes are cut into pieces makes no difference', () => {
  const text = fc.string({ unit: fc.constantFrom('a', 'é', '日', '🚀', '\n', '\r', '\r\n') });
  fc.assert(
    fc.property(text, fc.array(fc.integer({ min: 1, max: 5 })), (input, sizes) => {
      const bytes = Buffer.from(input);
      const whole = new LineSplitter();
      const expected = [...whole.push(bytes), ...whole.flush()];
      const pieces = new LineSplitter();
      const actual: string[] = [];
      let offset = 0;
      for (const size of sizes) {
        actual.push(...pieces.push(bytes.subarray(offset, offset + size)));
        offset += size;
      }
      actual.push(...pieces.push(bytes.subarray(offset)), ...pieces.flush());
      assert.equal(actual, expected);
    }),
  );
});

lines('the tail keeps six lines of both streams and what has not ended', () => {
  const tail = new LogTail();
  tail.push(1, Buffer.from('1\n2\n3\n4\n5\n6\n7\n'));
  tail.push(2, Buffer.from('error\n'));
  assert.equal(tail.lines(), ['3', '4', '5', '6', '7', 'error']);
  tail.push(1, Buffer.from('50%'));
  assert.equal(tail.lines(), ['4', '5', '6', '7', 'error', '50%']);
});

lines.run();
