import { execFileSync } from 'node:child_process';
import { chmodSync, linkSync, mkdirSync, rmSync, symlinkSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { writeXattrs } from '../../runner/syscall/index.ts';
import { toBytePath } from '../../src/base/bytepath.ts';
import { digestOf } from '../../src/base/digest.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { changesOf } from '../../src/snapshot/changes.ts';
import { overlayMarks } from '../../src/snapshot/overlay-marks.ts';
import { packLayer } from '../../src/snapshot/pack.ts';
import { becomeRoot } from '../runner/kit.ts';
import type { TestEntry } from '../support/image.ts';
import { parseSamples } from '../tar/samples.ts';
import { bytes, LayerStack, linesOf, namesOf } from './layer-stack.ts';

await becomeRoot();

const test = suite('what a layer changes');

const dir = (path: string): TestEntry => ({ path, type: 'directory', mode: 0o755 });

/** The tar of what a script changes in an overlay over the stack, and what it saw at its end. */
async function after(stack: LayerStack, script: string, clampTo?: number): Promise<{ tar: Buffer; merged: string[] }> {
  const { upper, merged } = stack.overlay(script);
  const opaque = await overlayMarks(toBytePath(upper), stack.userXattrs);
  const tar = await pack({ directory: toBytePath(upper), opaque, parent: stack.view(), clampTo });
  return { tar, merged };
}

async function pack(options: Parameters<typeof changesOf>[0]): Promise<Buffer> {
  const chunks: Buffer[] = [];
  await packLayer(await changesOf(options), (chunk) => chunks.push(Buffer.from(chunk)));
  return Buffer.concat(chunks);
}

const pathsOf = (tar: Buffer) => parseSamples(tar).map(({ entry }) => entry.path);

const BASE: readonly TestEntry[] = [
  dir('a'),
  { path: 'a/x', content: 'x' },
  dir('a/sub'),
  { path: 'a/sub/y' },
  { path: 'z' },
];

/** What a command leaves behind in a layer over BASE, in the order of the archive. */
const COMMANDS: readonly (readonly [script: string, members: readonly string[]])[] = [
  ['true', []],
  ['echo new > n', ['n']],
  ['echo new > a/x', ['a', 'a/x']],
  ['chmod 600 z', ['z']],
  ['chown 5 a/sub', ['a', 'a/sub']],
  ['cat z a/x > /dev/null', []],
  ['rm z', ['.wh.z']],
  ['rm a/x', ['a', 'a/.wh.x']],
  ['rm -r a', ['.wh.a']],
  ['rm -r a && mkdir a && touch a/n', ['a', 'a/.wh..wh..opq', 'a/n']],
  ['rm -r a/sub && mkdir a/sub', ['a', 'a/sub', 'a/sub/.wh..wh..opq']],
  ['rm -r a && touch a', ['a']],
  ['rm z && mkdir z', ['z']],
  ['mkdir -p new/deep && touch new/deep/f', ['new', 'new/deep', 'new/deep/f']],
  ['touch t && rm t', []],
  ['mv z moved', ['moved', '.wh.z']],
  ['mv a b', ['.wh.a', 'b', 'b/sub', 'b/sub/y', 'b/x']],
  ['ln z second', ['second', 'z']],
  ['ln -s /anywhere link', ['link']],
  ['mkdir "d e" && touch "d e/ö" a.b a-b', ['a-b', 'a.b', 'd e', 'd e/\xc3\xb6']],
];

for (const [script, members] of COMMANDS) {
  test(script, () =>
    LayerStack.with(async (stack) => {
      await stack.unpack(BASE);
      const { tar, merged } = await after(stack, script);
      assert.equal(pathsOf(tar), members);
      await stack.unpackTar(bytes(tar));
      assert.equal(await stack.viewed(), merged, 'unpacked again it is what the command saw');
    }),
  );
}

/** Everything that a layer can hold, in a directory. */
async function everything(directory: string): Promise<void> {
  mkdirSync(join(directory, 'd'), { recursive: true });
  writeFileSync(join(directory, 'd/file'), 'content');
  linkSync(join(directory, 'd/file'), join(directory, 'a-link'));
  symlinkSync('d/file', join(directory, 'symbolic'));
  execFileSync('mkfifo', [join(directory, 'fifo')]);
  writeFileSync(Buffer.concat([Buffer.from(join(directory, '/')), Buffer.from([0xff, 0xfe])]), 'bytes');
  chmodSync(join(directory, 'd'), 0o3775);
  await writeXattrs([
    { path: join(directory, 'd/file'), name: 'user.z', value: Buffer.from([0, 255]) },
    { path: join(directory, 'd/file'), name: 'user.a', value: Buffer.from('a') },
    { path: join(directory, 'd'), name: 'user.overlay.impure', value: Buffer.from('y') },
  ]);
  for (const name of ['d/file', 'd', 'fifo']) utimesSync(join(directory, name), 1_500_000_000.75, 1_500_000_000.75);
  utimesSync(Buffer.concat([Buffer.from(join(directory, '/')), Buffer.from([0xff, 0xfe])]), 1e9, 1e9);
  execFileSync('touch', ['-h', '-d', '@1500000000', join(directory, 'symbolic')]);
}

test('one content makes one tar, wherever it lies', () =>
  LayerStack.with(async (stack) => {
    const digests = [];
    for (const name of ['one', 'two']) {
      const directory = join(stack.directory, name);
      await everything(directory);
      digests.push(digestOf(await pack({ directory: toBytePath(directory), opaque: [], parent: stack.view() })));
    }
    assert.is(digests[0], digests[1]);
  }));

test('pack and unpack give back the same entries', () =>
  LayerStack.with(async (stack) => {
    const directory = join(stack.directory, 'one');
    await everything(directory);
    const first = await pack({ directory: toBytePath(directory), opaque: [], parent: stack.view() });
    await stack.unpackTar(bytes(first));
    const second = await pack({ directory: toBytePath(stack.top), opaque: [], parent: stack.view() });
    assert.equal(linesOf(parseSamples(second)), linesOf(parseSamples(first)));
    assert.is(digestOf(second), digestOf(first));
    const file = parseSamples(first).find(({ entry }) => entry.path === 'a-link')?.entry;
    assert.equal(
      [...(file?.xattrs ?? [])],
      [
        ['user.a', Buffer.from('a')],
        ['user.z', Buffer.from([0, 255])],
      ],
    );
    assert.is(file?.mtime, 1_500_000_000);
    const directoryEntry = parseSamples(first).find(({ entry }) => entry.path === 'd')?.entry;
    assert.is(directoryEntry?.xattrs, undefined);
    assert.is(directoryEntry?.mode, 0o3775);
  }));

test('newer times are clamped, older ones stay', () =>
  LayerStack.with(async (stack) => {
    const { tar } = await after(
      stack,
      'touch -d @1000 old; touch -d @3000 new; touch -d @-5 ancient; mkdir d; ln -s x l',
      2000,
    );
    const times = Object.fromEntries(parseSamples(tar).map(({ entry }) => [entry.path, entry.mtime]));
    assert.equal(times, { ancient: -5, d: 2000, l: 2000, new: 2000, old: 1000 });
  }));

test('a socket is left out, and a name that means a whiteout is refused', () =>
  LayerStack.with(async (stack) => {
    const directory = join(stack.directory, 'one');
    mkdirSync(directory);
    const server = createServer().listen(join(directory, 'socket'));
    await new Promise((done) => server.once('listening', done));
    assert.equal(
      await pack({ directory: toBytePath(directory), opaque: [], parent: stack.view() }),
      Buffer.alloc(1024),
    );
    await new Promise((done) => server.close(done));
    writeFileSync(join(directory, '.wh.passwd'), '');
    try {
      await pack({ directory: toBytePath(directory), opaque: [], parent: stack.view() });
      assert.unreachable();
    } catch (error) {
      assert.is(error instanceof TsbuildError && error.code, 'INVALID');
    }
    rmSync(join(directory, '.wh.passwd'));
  }));

test('a file that shrinks while it is packed is no layer', () =>
  LayerStack.with(async (stack) => {
    const directory = join(stack.directory, 'one');
    mkdirSync(directory);
    writeFileSync(join(directory, 'f'), 'content');
    const changes = await changesOf({ directory: toBytePath(directory), opaque: [], parent: stack.view() });
    truncateSync(join(directory, 'f'), 3);
    try {
      await packLayer(changes, () => undefined);
      assert.unreachable();
    } catch (error) {
      assert.is(error instanceof TsbuildError && error.code, 'CHANGED');
    }
  }));

test('GNU tar reads what is packed', () =>
  LayerStack.with(async (stack) => {
    const directory = join(stack.directory, 'one');
    await everything(directory);
    const tar = await pack({ directory: toBytePath(directory), opaque: [], parent: stack.view() });
    const listed = execFileSync('tar', ['-tf', '-'], {
      input: tar,
      env: { ...process.env, LC_ALL: 'C' },
      encoding: 'latin1',
    });
    assert.equal(listed.trim().split('\n'), ['a-link', 'd/', 'd/file', 'fifo', 'symbolic', '\\377\\376']);
    assert.ok(namesOf(linesOf(parseSamples(tar))).includes('a-link=content'));
  }));

test('a step cannot forge the mark that hides the layers below', async () => {
  await LayerStack.with(async (stack) => {
    const { upper } = stack.overlay('mkdir forged');
    const other = stack.userXattrs ? 'user.overlay.redirect' : 'user.overlay.opaque';
    const path = toBytePath(join(upper, 'forged'));
    assert.equal(await writeXattrs([{ path, name: other, value: Buffer.from('y') }]), [undefined]);
    assert.equal(await overlayMarks(toBytePath(upper), stack.userXattrs), []);
  });
});

test.run();
