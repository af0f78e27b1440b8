import { lstatSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inUserNamespace } from '../../runner/index.ts';
import { readXattrs } from '../../runner/syscall/index.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { LayerWriter } from '../../src/snapshot/layer-writer.ts';
import { becomeRoot } from '../runner/kit.ts';
import { attributes, LayerStack, namesOf } from './layer-stack.ts';

await becomeRoot();

const test = suite('writing a layer');
const KEEP = { replace: false };
const REPLACE = { replace: true };
/** cap_net_raw, as the kernel keeps it (struct vfs_cap_data, version 2). */
const CAPABILITY = Buffer.from('0100000200200000000000000000000000000000', 'hex');

function stats(path: string): string {
  const { mode, uid, gid, mtimeMs } = lstatSync(path);
  return `${(mode & 0o7777).toString(8)} ${uid}:${gid} ${mtimeMs}`;
}

test('parents are copied up with owner, mode, time and attributes', () =>
  LayerStack.with(async (stack) => {
    const xattrs = new Map([
      ['user.note', Buffer.from('kept')],
      ['trusted.overlay.opaque', Buffer.from('y')],
      ['user.overlay.opaque', Buffer.from('y')],
    ]);
    await stack.add((writer) => {
      writer.putDirectory('home', attributes(0o2770, { uid: 12, gid: 34, mtimeMs: 1_234_567_890_500, xattrs }), KEEP);
      writer.putDirectory('home/user', attributes(0o700, { uid: 56, gid: 78 }), KEEP);
    });
    await stack.add((writer) =>
      writer.putFile(
        `${writer.ensureDirectory('home/user', attributes(0o755))}/f`,
        Buffer.from('x'),
        attributes(0o600),
        KEEP,
      ),
    );
    assert.is(stats(join(stack.top, 'home')), '2770 12:34 1234567890500');
    assert.is(stats(join(stack.top, 'home/user')), '700 56:78 1600000000000');
    assert.is(stats(join(stack.top, 'home/user/f')), '600 0:0 1600000000000');
    const home = (await readXattrs([join(stack.top, 'home')])).get(join(stack.top, 'home'));
    assert.equal([...(home ?? [])], [['user.note', Buffer.from('kept')]]);
    assert.equal(await stack.marks(), []);
    assert.equal(await stack.viewed(), stack.mounted());
  }));

test('a file made in a setgid directory belongs to root where it is root’s', () =>
  LayerStack.with(async (stack) => {
    await stack.add((writer) => {
      writer.putDirectory('d', attributes(0o2775, { gid: 50 }), KEEP);
      writer.putFile('d/f', Buffer.from(''), attributes(0o644), KEEP);
      writer.putSymlink('d/l', 'f', attributes(0o777), KEEP);
      writer.putDirectory('d/sub', attributes(0o755), KEEP);
      writer.putNode({ path: 'd/p', type: 'fifo', major: 0, minor: 0 }, attributes(0o600), KEEP);
    });
    for (const name of ['f', 'l', 'sub', 'p']) assert.is(lstatSync(join(stack.top, 'd', name)).gid, 0, name);
    assert.is(lstatSync(join(stack.top, 'd/sub')).mode & 0o7777, 0o755);
  }));

test('a directory that was copied up takes the owner that it is then given', () =>
  LayerStack.with(async (stack) => {
    await stack.add((writer) => writer.putDirectory('d', attributes(0o700, { uid: 5, gid: 6 }), KEEP));
    await stack.add((writer) => {
      writer.ensureDirectory('d', attributes(0o755));
      writer.putDirectory('d', attributes(0o755), KEEP);
    });
    assert.is(stats(join(stack.top, 'd')), '755 0:0 1600000000000');
  }));

const TIMES = [0, 1, 1_234_567_890_123, -1000, -1500, -86_400_000, -1] as const;

for (const mtimeMs of TIMES) {
  test(`the time ${mtimeMs}`, () =>
    LayerStack.with(async (stack) => {
      await stack.add((writer) => {
        writer.putDirectory('d', attributes(0o755, { mtimeMs }), KEEP);
        writer.putFile('d/f', Buffer.from(''), attributes(0o644, { mtimeMs }), KEEP);
        writer.putFileCopy('d/c', join(stack.directory, '0/d/f'), attributes(0o644, { mtimeMs }), KEEP);
        writer.putSymlink('d/l', 'f', attributes(0o777, { mtimeMs }), KEEP);
        writer.putNode({ path: 'd/p', type: 'fifo', major: 0, minor: 0 }, attributes(0o600, { mtimeMs }), KEEP);
      });
      for (const path of ['d', 'd/f', 'd/c', 'd/l', 'd/p']) {
        assert.is(Math.round(lstatSync(join(stack.top, path)).mtimeMs), mtimeMs, path);
      }
    }));
}

test('a hard link copies its file up, with everything that belongs to it', () =>
  LayerStack.with(async (stack) => {
    const xattrs = new Map([['security.capability', CAPABILITY]]);
    await stack.add((writer) => {
      writer.putDirectory('bin', attributes(0o711, { uid: 3 }), KEEP);
      writer.putFile('bin/ping', Buffer.from('program'), attributes(0o4755, { uid: 7, xattrs }), KEEP);
    });
    await stack.add((writer) => writer.putHardLink('ping', 'bin/ping', KEEP));
    assert.is(lstatSync(join(stack.top, 'ping')).ino, lstatSync(join(stack.top, 'bin/ping')).ino);
    assert.is(stats(join(stack.top, 'bin')), '711 3:0 1600000000000');
    const lines = await stack.viewed();
    assert.ok(
      lines.includes(`bin/ping file 4755 7:0 1600000000 "program" security.capability=${CAPABILITY.toString('hex')}`),
      lines.join('\n'),
    );
    assert.equal(lines, stack.mounted());
  }));

test('devices', () =>
  LayerStack.with(async (stack) => {
    await stack.add((writer) => {
      writer.putNode({ path: 'null', type: 'char', major: 1, minor: 3 }, attributes(0o666, { gid: 9 }), KEEP);
      writer.putNode({ path: 'disk', type: 'block', major: 259, minor: 70_000 }, attributes(0o660), KEEP);
      writer.putHardLink('zero', 'null', KEEP);
      assert.throws(
        () => writer.putNode({ path: 'w', type: 'char', major: 0, minor: 0 }, attributes(0), KEEP),
        isInvalid,
      );
    });
    // In a user namespace nobody can make one.
    const made = [
      'disk block 660 0:0 1600000000 259,70000',
      'null char 666 0:9 1600000000 1,3',
      'zero char 666 0:9 1600000000 1,3',
    ];
    const lines = await stack.viewed();
    assert.equal(lines, inUserNamespace() ? [] : made);
    assert.equal(lines, stack.mounted());
  }));

interface Conflict {
  what: string;
  act: (writer: LayerWriter) => void;
  code: string;
}

const CONFLICTS: readonly Conflict[] = [
  {
    what: 'a file over a directory below',
    act: (w) => w.putFile('d', Buffer.from(''), attributes(0), KEEP),
    code: 'CONFLICT',
  },
  { what: 'a link over a directory below', act: (w) => w.putSymlink('d', 'f', attributes(0), KEEP), code: 'CONFLICT' },
  { what: 'a directory over a file below', act: (w) => w.putDirectory('f', attributes(0), KEEP), code: 'CONFLICT' },
  { what: 'a directory over a link to one', act: (w) => w.putDirectory('l', attributes(0), KEEP), code: 'CONFLICT' },
  { what: 'a path through a file', act: (w) => w.ensureDirectory('f/x', attributes(0o755)), code: 'CONFLICT' },
  { what: 'a hard link to nothing', act: (w) => w.putHardLink('n', 'missing', REPLACE), code: 'INVALID' },
  { what: 'a hard link to a directory', act: (w) => w.putHardLink('n', 'd', REPLACE), code: 'INVALID' },
  { what: 'a hard link that would remove its file', act: (w) => w.putHardLink('d', 'd/x', REPLACE), code: 'INVALID' },
  {
    what: 'a path through links that go round',
    act: (w) => w.ensureDirectory('loop/x', attributes(0o755)),
    code: 'INVALID',
  },
];

for (const { what, act, code } of CONFLICTS) {
  test(`${what} is refused`, () =>
    LayerStack.with(async (stack) => {
      await stack.add((writer) => {
        writer.putDirectory('d', attributes(0o755), KEEP);
        writer.putFile('d/x', Buffer.from(''), attributes(0o644), KEEP);
        writer.putFile('f', Buffer.from(''), attributes(0o644), KEEP);
        writer.putSymlink('l', 'd', attributes(0o777), KEEP);
        writer.putSymlink('loop', 'loop', attributes(0o777), KEEP);
      });
      await stack.add((writer) => {
        assert.throws(
          () => act(writer),
          (error: unknown) => error instanceof TsbuildError && error.code === code,
        );
      });
    }));
}

test('what is replaced takes its attributes, marks and children with it', () =>
  LayerStack.with(async (stack) => {
    await stack.add((writer) => {
      writer.putDirectory('d', attributes(0o755), KEEP);
      writer.putFile('d/low', Buffer.from(''), attributes(0o644), KEEP);
    });
    const opaque = await stack.add((writer) => {
      const xattrs = new Map([['user.a', Buffer.from('1')]]);
      writer.putDirectory('d', attributes(0o755), KEEP);
      writer.markOpaque('d');
      writer.putDirectory('d/e', attributes(0o755), KEEP);
      writer.putFile('d/e/f', Buffer.from(''), attributes(0o644, { xattrs }), KEEP);
      writer.putNode({ path: 'd/e/p', type: 'fifo', major: 0, minor: 0 }, attributes(0o600), KEEP);
      writer.putFile('d', Buffer.from('replaced'), attributes(0o644), REPLACE);
    });
    assert.equal(opaque, []);
    assert.equal(namesOf(await stack.viewed()), ['d=replaced']);
    assert.equal(await stack.viewed(), stack.mounted());
  }));

test('a link that somebody puts in the place of a file is not written through', () =>
  LayerStack.with(async (stack) => {
    const outside = join(stack.directory, 'outside');
    writeFileSync(outside, 'before');
    await stack.add((writer) => {
      writer.putSymlink('f', outside, attributes(0o777), KEEP);
      writer.putFile('f', Buffer.from('after'), attributes(0o644), KEEP);
      writer.putSymlink('g', outside, attributes(0o777), KEEP);
      writer.putFileCopy('g', join(stack.directory, '0/f'), attributes(0o644), KEEP);
    });
    assert.equal(namesOf(await stack.viewed()), ['f=after', 'g=after']);
    assert.is(lstatSync(outside).size, 'before'.length);
  }));

function isInvalid(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'INVALID';
}

test.run();
