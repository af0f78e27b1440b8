import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { parseTree } from '../../src/cache/mounts/document.ts';
import { restoreTree } from '../../src/cache/mounts/restore.ts';
import { makeTar } from '../support/image.ts';

const test = suite('a cache mount as a stranger describes it');

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
test.after(() => rmSync(directory, { recursive: true, force: true }));

const HELLO = digestOf('hello');
const blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', digest: HELLO, size: 1 };
const PACKS = [{ blob, pieces: [{ digest: HELLO, size: 5 }] }];
const file = (path: string, more = {}) => ({ path, type: 'file', mode: 0o644, pieces: [0], ...more });
const dir = (path: string) => ({ path, type: 'directory', mode: 0o755 });
const link = (path: string, target: unknown) => ({ path, type: 'symlink', target });

function document(entries: readonly object[], packs: readonly object[] = PACKS, version = 1) {
  return parseTree(Buffer.from(JSON.stringify({ version, packs, entries })));
}

/** What is refused, and for what. */
const REFUSED: [name: string, entries: object[], message: RegExp, packs?: object[]][] = [
  ['a path that goes up', [file('../x')], /entries\[0\].path/],
  ['a path that goes up behind a directory', [dir('a'), file('a/../../x')], /entries\[1\].path/],
  ['an absolute path', [file('/x')], /path/],
  ['the mount itself', [dir('')], /path/],
  ['a dot', [dir('.')], /path/],
  ['a double slash', [dir('a'), file('a//b')], /path/],
  ['a NUL', [file('a\0b')], /path/],
  ['what is no byte', [file('a\u0100')], /path/],
  ['a file in a directory that is not there', [file('a/b')], /path/],
  ['a file behind a link', [link('a', '/etc'), file('a/passwd')], /entries\[1\].path/],
  ['a directory in the place of a link', [link('a', '/etc'), dir('a'), file('a/passwd')], /entries\[1\].path/],
  ['a name that comes twice', [file('a'), file('a')], /entries\[1\].path/],
  ['a device', [{ path: 'sda', type: 'block' }], /type is not directory, file or symlink/],
  ['a link to nothing', [link('a', '')], /target/],
  ['a piece that is not there', [file('a', { pieces: [1] })], /pieces/],
  ['a piece before the first', [file('a', { pieces: [-1] })], /pieces/],
  ['a negative size', [], /size/, [{ blob, pieces: [{ digest: HELLO, size: -1 }] }]],
  ['a huge piece', [], /size is not at most/, [{ blob, pieces: [{ digest: HELLO, size: 2 ** 30 }] }]],
  [
    'many times the same',
    [file('a', { pieces: new Array(20_000).fill(0) })],
    /at most \d+ bytes/,
    [{ blob, pieces: [{ digest: HELLO, size: 4 * 1024 * 1024 }] }],
  ],
];

test('what leaves the mount, is no file, or is too large is refused', () => {
  for (const [name, entries, message, packs] of REFUSED) {
    assert.throws(() => document(entries, packs), message, name);
  }
  assert.throws(() => document([], PACKS, 2), /version/);
});

async function* once(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
}

async function restored(name: string, entries: readonly object[], pack: Buffer): Promise<string> {
  const root = join(directory, name);
  mkdirSync(root);
  const signal = new AbortController().signal;
  await restoreTree(document(entries), root, { open: async () => once(gzipSync(pack)), signal });
  return root;
}

const GOOD = makeTar([{ path: hexOf(HELLO), content: 'hello' }]);

test('a good one is what it says, without the bits that give rights', async () => {
  const root = await restored('good', [dir('d'), file('d/f', { mode: 0o6755 }), link('l', '../../x')], GOOD);
  assert.is(readFileSync(join(root, 'd/f'), 'utf8'), 'hello');
  assert.is(lstatSync(join(root, 'd/f')).mode & 0o7777, 0o755);
  assert.equal(readdirSync(root).sort(), ['d', 'l']);
});

/** Packs that are not what the document says. */
const PACKED: [name: string, pack: Buffer, message: RegExp][] = [
  ['other-bytes', makeTar([{ path: hexOf(HELLO), content: 'jello' }]), /is not what its name says/],
  ['another-size', makeTar([{ path: hexOf(HELLO), content: 'hello!' }]), /a pack has/],
  ['another-name', makeTar([{ path: '../../x', content: 'hello' }]), /a pack has \.\.\/\.\.\/x/],
  ['a-link', makeTar([{ path: hexOf(HELLO), type: 'symlink', linkPath: '/etc/passwd' }]), /a pack has/],
  ['nothing', makeTar([]), /no pack has the piece/],
  ['a-bomb', Buffer.concat([GOOD.subarray(0, 1024), Buffer.alloc(50 * 1024 * 1024)]), /larger than the \d+ bytes/],
];

test('a pack that is not what it says is refused', async () => {
  for (const [name, pack, message] of PACKED) {
    const failure = await restored(name, [file('f')], pack).catch((error: Error) => error);
    assert.instance(failure, Error, name);
    assert.match((failure as Error).message, message, name);
    assert.not.ok(existsSync(join(directory, 'x')));
  }
});

test.run();
