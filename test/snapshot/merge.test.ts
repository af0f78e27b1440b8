import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { toBytePath } from '../../src/base/bytepath.ts';
import { overlayMarks } from '../../src/snapshot/overlay-marks.ts';
import { becomeRoot } from '../runner/kit.ts';
import type { TestEntry } from '../support/image.ts';
import { attributes, LayerStack, namesOf } from './layer-stack.ts';
import { CASES, dir, file } from './stack-cases.ts';

await becomeRoot();

const test = suite('layers merged into one');

/** Has something at most names of the cases, so that what they hide can come back. */
const UNDER: readonly TestEntry[] = [
  dir('a', { mode: 0o700 }),
  file('a/under', 'u'),
  file('a/x', 'ux'),
  dir('a/sub'),
  file('a/sub/under', 'u'),
  file('z', 'uz'),
  dir('lib'),
  file('lib/under', 'u'),
  file('under', 'u'),
];

async function stackOf(stack: LayerStack, layers: readonly (readonly TestEntry[])[]): Promise<void> {
  for (const entries of layers) await stack.unpack(entries);
}

/** Every choice of two layers or more that lie on each other. */
function ranges(layers: number): { below: number; count: number }[] {
  const all = Array.from({ length: layers }, (_, below) => below);
  return all.flatMap((below) =>
    all.filter((count) => count > 1 && below + count <= layers).map((count) => ({ below, count })),
  );
}

for (const { what, layers } of CASES) {
  test(`${what}, over something`, async () => {
    const all = [UNDER, ...layers];
    for (const range of ranges(all.length)) {
      await LayerStack.with(async (stack) => {
        await stackOf(stack, all);
        const before = await stack.viewed();
        const merged = toBytePath(await stack.merge(range));
        assert.equal(await stack.viewed(), before, JSON.stringify(range));
        assert.equal(stack.mounted(), before, `${JSON.stringify(range)} for the kernel`);
        if (range.below === 0)
          assert.equal(await overlayMarks(merged, stack.userXattrs), [], 'nothing below, no marks');
      });
    }
  });
}

test('files are not copied, and directories are those of the topmost layer', () =>
  LayerStack.with(async (stack) => {
    const xattrs = new Map([['user.note', Buffer.from('kept')]]);
    await stack.add((writer) => {
      writer.putDirectory('d', attributes(0o700), { replace: false });
      writer.putFile('d/f', Buffer.from('f'), attributes(0o644), { replace: false });
      writer.putHardLink('d/g', 'd/f', { replace: false });
    });
    const lower = stack.top;
    await stack.add((writer) => {
      writer.putDirectory('', attributes(0o711, { mtimeMs: 5000 }), { replace: true });
      writer.putDirectory('d', attributes(0o2751, { uid: 3, gid: 4, mtimeMs: 7000, xattrs }), { replace: true });
    });
    const before = await stack.viewed();
    const merged = await stack.merge({ below: 0, count: 2 });
    assert.equal(await stack.viewed(), before);
    assert.equal(stack.mounted(), before);
    const ino = (path: string) => lstatSync(path).ino;
    assert.is(ino(join(merged, 'd/f')), ino(join(lower, 'd/f')));
    assert.is(ino(join(merged, 'd/g')), ino(join(lower, 'd/f')));
    const { mode, mtimeMs } = lstatSync(merged);
    assert.equal([mode & 0o7777, mtimeMs], [0o711, 5000]);
  }));

test('whiteouts and marks stay for what is below, and for nothing else', () =>
  LayerStack.with(async (stack) => {
    await stackOf(stack, [
      [dir('kept'), file('kept/f', ''), dir('gone'), dir('new'), file('new/f', '')],
      [file('made', '')],
      [file('.wh.made', ''), file('.wh.gone', ''), file('.wh.new', '')],
      [dir('new'), dir('kept'), dir('kept/n')],
      [file('.wh.kept', '')],
      [dir('kept')],
    ]);
    const merged = toBytePath(await stack.merge({ below: 1, count: 5 }));
    assert.equal((await overlayMarks(merged, stack.userXattrs)).sort(), ['kept', 'new']);
    assert.not(lstatSync(join(stack.top, 'made'), { throwIfNoEntry: false }));
    assert.ok(lstatSync(join(stack.top, 'gone')).isCharacterDevice());
    assert.equal(namesOf(stack.mounted()), ['kept/', 'new/']);
  }));

test.run();
