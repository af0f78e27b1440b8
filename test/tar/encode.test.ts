import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { encodeHeader } from '../../src/tar/encode.ts';
import type { TarEntry } from '../../src/tar/entry.ts';
import { sample } from './samples.ts';

const test = suite('encodeHeader');

const LONG = 'a'.repeat(101);
const FITS_SPLIT = `${'p'.repeat(155)}/${'n'.repeat(100)}`;

/** The records of the extended header, or undefined where the entry is one ustar block. */
function recordsOf(entry: Partial<TarEntry>): string | undefined {
  const header = encodeHeader(sample(entry).entry);
  if (header.length === 512) return undefined;
  assert.is(header.toString('latin1', 156, 157), 'x');
  const size = Number.parseInt(header.toString('latin1', 124, 135), 8);
  return header.toString('latin1', 512, 512 + size);
}

const CASES: readonly (readonly [string, Partial<TarEntry>, string | undefined])[] = [
  ['an ordinary file', {}, undefined],
  ['a name of 100 bytes', { path: 'a'.repeat(100) }, undefined],
  ['a name of 101 bytes', { path: LONG }, `111 path=${LONG}\n`],
  ['a path that ustar splits', { path: FITS_SPLIT }, undefined],
  ['a path one byte too long to split', { path: `${FITS_SPLIT}n` }, `267 path=${FITS_SPLIT}n\n`],
  [
    'a split path beside another record',
    { path: FITS_SPLIT, uid: 2 ** 21 },
    `266 path=${FITS_SPLIT}\n15 uid=2097152\n`,
  ],
  [
    'a directory whose slash makes it too long',
    { path: 'a'.repeat(100), type: 'directory' },
    `111 path=${'a'.repeat(100)}/\n`,
  ],
  ['a name that is not ASCII', { path: 'gr\xc3\xb6\xc3\x9fe' }, '16 path=gr\xc3\xb6\xc3\x9fe\n'],
  ['a name that is no UTF-8', { path: 'caf\xe9' }, '13 path=caf\xe9\n'],
  ['a target of 100 bytes', { type: 'symlink', linkPath: 'a'.repeat(100) }, undefined],
  ['a target of 101 bytes', { type: 'symlink', linkPath: LONG }, `115 linkpath=${LONG}\n`],
  ['the largest uid of ustar', { uid: 2 ** 21 - 1 }, undefined],
  ['a larger uid and gid', { uid: 2 ** 21, gid: 2 ** 32 - 2 }, '18 gid=4294967294\n15 uid=2097152\n'],
  ['the largest size of ustar', { size: 2 ** 33 - 1 }, undefined],
  ['a larger size', { size: 2 ** 33 }, '19 size=8589934592\n'],
  ['a time before 1970', { mtime: -1 }, '12 mtime=-1\n'],
  ['a fraction of a second', { mtime: 1.5 }, '13 mtime=1.5\n'],
  ['less than a microsecond', { mtime: 2 - 1e-9 }, undefined],
  [
    'a binary attribute',
    { xattrs: new Map([['user.a', Buffer.from([0, 0xff, 0x0a])]]) },
    '27 SCHILY.xattr.user.a=\0\xff\n\n',
  ],
];

for (const [name, entry, records] of CASES) {
  test(name, () => {
    assert.is(recordsOf(entry), records);
  });
}

const IMPOSSIBLE: readonly Partial<TarEntry>[] = [
  { path: '' },
  { path: 'a\0b' },
  { type: 'symlink', linkPath: '\0' },
  { uid: -1 },
  { gid: 1.5 },
  { mode: 0o10000 },
  { mtime: Number.NaN },
  { size: -1 },
  { type: 'directory', size: 1 },
];

for (const entry of IMPOSSIBLE) {
  test(`refuses ${JSON.stringify(entry)}`, () => {
    assert.throws(
      () => encodeHeader(sample(entry).entry),
      (error: unknown) => error instanceof TsbuildError && error.code === 'INTERNAL',
    );
  });
}

test('refuses an attribute that PAX cannot name', () => {
  const { entry } = sample({ xattrs: new Map([['user.a=b', Buffer.alloc(0)]]) });
  assert.throws(() => encodeHeader(entry), /cannot name/);
});

test('a path cut at a slash does not say directory to readers that do not know PAX', () => {
  const header = encodeHeader(sample({ path: `${'a'.repeat(99)}/${'b'.repeat(101)}` }).entry);
  const last = header.length - 512;
  assert.is(header.toString('latin1', last, last + 100), `${'a'.repeat(99)}\0`);
});

test.run();
