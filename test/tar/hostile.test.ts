import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ErrorCode, TsbuildError } from '../../src/base/error.ts';
import type { TarLimits } from '../../src/tar/parser.ts';
import { parseSamples, reseal, sample, writeSamples } from './samples.ts';

const test = suite('hostile tars');

const CONTENT = Buffer.alloc(700, 'x');
const PLAIN = writeSamples([sample({ path: 'a' }, CONTENT), sample({ path: 'b' })]);
const EXTENDED = writeSamples([sample({ path: 'é'.repeat(60) }, CONTENT)]);

/** A copy of an archive with bytes replaced, and its first header's checksum right. */
function patched(archive: Buffer, ...changes: readonly (readonly [number, string | Buffer])[]): Buffer {
  const copy = Buffer.from(archive);
  for (const [offset, bytes] of changes) copy.set(Buffer.from(bytes as string, 'latin1'), offset);
  return reseal(copy);
}

/** An archive of one file whose extended header holds these bytes. */
function withRecords(records: string, flag = 'x'): Buffer {
  const data = Buffer.from(records, 'latin1');
  const block = Buffer.from(writeSamples([sample({}, data)]).subarray(0, -1024));
  block.write(flag, 156);
  return Buffer.concat([reseal(block), writeSamples([sample()])]);
}

function paxRecord(keyword: string, value: string): string {
  const rest = ` ${keyword}=${value}\n`;
  const length = rest.length + String(rest.length + 2).length;
  return length + rest;
}

const SIZE = 124;
const FLAG = 156;
const NEGATIVE = Buffer.alloc(12, 0xff);
const HUGE = Buffer.concat([Buffer.from([0x80]), Buffer.alloc(11, 0xff)]);

const CASES: readonly (readonly [string, Buffer, ErrorCode, TarLimits?])[] = [
  ['ends in a header', PLAIN.subarray(0, 100), 'INVALID'],
  ['ends in the content', PLAIN.subarray(0, 1000), 'INVALID'],
  ['ends in an extended header', EXTENDED.subarray(0, 520), 'INVALID'],
  ['ends after an extended header', EXTENDED.subarray(0, 1024), 'INVALID'],
  ['a wrong checksum', Buffer.from(PLAIN).fill('z', 0, 1), 'INVALID'],
  ['text', Buffer.alloc(2048, 'not a tar at all\n'), 'INVALID'],
  ['a negative size', patched(PLAIN, [SIZE, NEGATIVE]), 'INVALID'],
  ['a size beyond numbers', patched(PLAIN, [SIZE, HUGE]), 'INVALID'],
  ['a size that is not octal', patched(PLAIN, [SIZE, '00000zz0000']), 'INVALID'],
  ['a negative owner', patched(PLAIN, [108, Buffer.alloc(8, 0xff)]), 'INVALID'],
  ['an extended header of a negative size', patched(PLAIN, [SIZE, NEGATIVE], [FLAG, 'x']), 'INVALID'],
  ['an extended header of 8 GiB', patched(PLAIN, [SIZE, '77777777777'], [FLAG, 'x']), 'INVALID'],
  ['a global header of 8 GiB', patched(PLAIN, [SIZE, '77777777777'], [FLAG, 'g']), 'INVALID'],
  ['a long name of 8 GiB', patched(PLAIN, [SIZE, '77777777777'], [FLAG, 'L']), 'INVALID'],
  [
    'many long names',
    Buffer.concat(Array<Buffer>(40).fill(withRecords('n'.repeat(30_000), 'L').subarray(0, 30_720))),
    'INVALID',
  ],
  ['a lone zero block', Buffer.concat([Buffer.alloc(512), PLAIN]), 'INVALID'],
  ['an empty name', patched(PLAIN, [0, '\0']), 'INVALID'],
  ['a link without a target', patched(PLAIN, [FLAG, '2']), 'INVALID'],
  ['an unknown type', patched(PLAIN, [FLAG, 'Z']), 'UNSUPPORTED'],
  ['an old sparse file', patched(PLAIN, [FLAG, 'S']), 'UNSUPPORTED'],
  ['a PAX sparse file', withRecords(paxRecord('GNU.sparse.major', '1')), 'UNSUPPORTED'],
  ['PAX: no length', withRecords('path=a\n'), 'INVALID'],
  ['PAX: length zero', withRecords('0 path=a\n'), 'INVALID'],
  ['PAX: length too long', withRecords('99 path=a\n'), 'INVALID'],
  ['PAX: length too short', withRecords('6 path=a\n'), 'INVALID'],
  ['PAX: length of another base', withRecords('0x9 path=a\n'), 'INVALID'],
  ['PAX: no equals sign', withRecords('9 path:a\n'), 'INVALID'],
  ['PAX: no keyword', withRecords('5 =a\n'), 'INVALID'],
  ['PAX: NUL in a path', withRecords(paxRecord('path', 'a\0b')), 'INVALID'],
  ['PAX: size that is text', withRecords(paxRecord('size', 'many')), 'INVALID'],
  ['PAX: negative size', withRecords(paxRecord('size', '-5')), 'INVALID'],
  ['PAX: hexadecimal uid', withRecords(paxRecord('uid', '0x10')), 'INVALID'],
  ['PAX: uid beyond numbers', withRecords(paxRecord('uid', '9'.repeat(30))), 'INVALID'],
  ['PAX: endless time', withRecords(paxRecord('mtime', '1e999')), 'INVALID'],
  ['more entries than allowed', PLAIN, 'INVALID', { entries: 1 }],
  ['more content than allowed', PLAIN, 'INVALID', { content: 699 }],
  ['more metadata than allowed', EXTENDED, 'INVALID', { metadata: 50 }],
];

for (const [name, archive, code, limits] of CASES) {
  test(name, () => {
    for (const step of [7, archive.length]) {
      assert.throws(
        () => parseSamples(archive, step, limits),
        (error: unknown) => error instanceof TsbuildError && error.code === code,
      );
    }
  });
}

test('within the limits', () => {
  assert.is(parseSamples(PLAIN, PLAIN.length, { entries: 2, content: 700 }).length, 2);
});

test.run();
