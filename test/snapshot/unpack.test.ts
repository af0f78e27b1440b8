import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hexOf } from '../../src/base/digest.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { unpackInto, unpackLayer } from '../../src/snapshot/unpack.ts';
import { needProgram } from '../house/programs.ts';
import { becomeRoot } from '../runner/kit.ts';
import { makeImage, makeTar, type TestEntry } from '../support/image.ts';
import { bytes, LayerStack, linesOfDirectory, namesOf } from './layer-stack.ts';

await becomeRoot();

const test = suite('unpacking layers');

const link = (path: string, linkPath: string): TestEntry => ({ path, type: 'symlink', mode: 0o777, linkPath });
const hard = (path: string, linkPath: string): TestEntry => ({ path, type: 'hardlink', linkPath });
const dir = (path: string): TestEntry => ({ path, type: 'directory', mode: 0o755 });

interface Hostile {
  what: string;
  base?: readonly TestEntry[];
  entries: readonly TestEntry[];
  /** The code of the error, or what the stack shows in the end. */
  ends: 'INVALID' | 'CONFLICT' | readonly string[];
}

/** `OUTSIDE` stands for an absolute path beside the layers, in which nothing may ever change. */
const HOSTILE: readonly Hostile[] = [
  { what: 'a path with ..', entries: [{ path: '../OUTSIDE/f' }], ends: 'INVALID' },
  { what: 'a path with .. in the middle', entries: [{ path: 'a/../../OUTSIDE/f' }], ends: 'INVALID' },
  { what: 'a path that is ..', entries: [{ ...dir('..') }], ends: 'INVALID' },
  { what: 'an absolute path', entries: [{ path: '/OUTSIDE/f' }], ends: ['OUTSIDE/f='] },
  {
    what: 'a file through an absolute link',
    entries: [link('l', '/OUTSIDE'), { path: 'l/f' }],
    ends: ['OUTSIDE/f=', 'l->/OUTSIDE'],
  },
  {
    what: 'a file through a relative link',
    entries: [link('l', '../../OUTSIDE'), { path: 'l/f' }],
    ends: ['OUTSIDE/f=', 'l->../../OUTSIDE'],
  },
  {
    what: 'a file through a link of a lower layer',
    base: [link('l', '/OUTSIDE')],
    entries: [{ path: 'l/f' }],
    ends: ['OUTSIDE/f=', 'l->/OUTSIDE'],
  },
  { what: 'a file over a link', entries: [link('l', '/OUTSIDE/kept'), { path: 'l', content: 'x' }], ends: ['l=x'] },
  {
    what: 'a file over a link of a lower layer',
    base: [link('l', '/OUTSIDE/kept')],
    entries: [{ path: 'l', content: 'x' }],
    ends: ['l=x'],
  },
  { what: 'a directory over a link', entries: [link('l', '/OUTSIDE'), dir('l'), { path: 'l/f' }], ends: ['l/f='] },
  {
    what: 'a chain of links',
    entries: [link('a', 'b/..'), link('b', '/OUTSIDE'), { path: 'a/f' }],
    ends: ['PARENT/f=', 'a->b/..', 'b->/OUTSIDE'],
  },
  { what: 'links that go round', entries: [link('a', 'b'), link('b', 'a'), { path: 'a/f' }], ends: 'INVALID' },
  { what: 'a hard link out', entries: [hard('h', '../OUTSIDE/kept')], ends: 'INVALID' },
  { what: 'an absolute hard link', entries: [hard('h', '/OUTSIDE/kept')], ends: 'INVALID' },
  { what: 'a hard link through a link', entries: [link('l', '/OUTSIDE'), hard('h', 'l/kept')], ends: 'INVALID' },
  {
    what: 'a hard link to a link, then a file over it',
    entries: [link('l', '/OUTSIDE/kept'), hard('h', 'l'), { path: 'h', content: 'x' }],
    ends: ['h=x', 'l->/OUTSIDE/kept'],
  },
  { what: 'a hard link to a directory', entries: [dir('d'), hard('h', 'd')], ends: 'INVALID' },
  { what: 'a hard link to itself', entries: [{ path: 'f' }, hard('f', 'f')], ends: ['f='] },
  {
    what: 'a hard link to what has been deleted',
    base: [{ path: 'f' }],
    entries: [{ path: '.wh.f' }, hard('h', 'f')],
    ends: 'INVALID',
  },
  { what: 'a whiteout of nothing', entries: [{ path: '.wh.' }], ends: 'INVALID' },
  { what: 'a whiteout of .', entries: [{ path: 'a/.wh..' }], ends: 'INVALID' },
  { what: 'a whiteout of ..', entries: [{ path: 'a/.wh...' }], ends: 'INVALID' },
  {
    what: 'a whiteout through a link out',
    entries: [link('l', '/OUTSIDE'), { path: 'l/.wh.kept' }],
    ends: ['l->/OUTSIDE'],
  },
  {
    what: 'an opaque mark through a link out',
    entries: [link('l', '/OUTSIDE'), { path: 'l/.wh..wh..opq' }],
    ends: ['l->/OUTSIDE'],
  },
  { what: 'marks of AUFS', entries: [{ path: '.wh..wh.aufs' }, dir('.wh..wh.plnk')], ends: [] },
  { what: 'a path below a file', entries: [{ path: 'f' }, { path: 'f/g' }], ends: 'CONFLICT' },
  { what: 'a name that is too long', entries: [{ path: 'n'.repeat(256) }], ends: 'INVALID' },
  { what: 'a path that is too long', entries: [{ path: `${'directory/'.repeat(500)}f` }], ends: 'INVALID' },
  { what: 'a path deeper than any', entries: [{ path: `${'d/'.repeat(4000)}f` }], ends: 'INVALID' },
  { what: 'a link to nothing', entries: [link('l', '')], ends: 'INVALID' },
  { what: 'the root as a file', entries: [{ path: './', type: 'file' }], ends: [] },
  {
    what: 'marks of overlayfs as attributes',
    base: [dir('d'), { path: 'd/f' }],
    entries: [
      {
        ...dir('d'),
        xattrs: new Map(['trusted', 'user'].map((space) => [`${space}.overlay.opaque`, Buffer.from('y')])),
      },
    ],
    ends: ['d/f='],
  },
];

for (const { what, base, entries, ends } of HOSTILE) {
  test(what, () =>
    LayerStack.with(async (stack) => {
      const outside = join(stack.directory, 'OUTSIDE');
      mkdirSync(outside);
      writeFileSync(join(outside, 'kept'), 'kept');
      const place = (path: string) => path.replace(/^\/OUTSIDE/, outside);
      const placed = (list: readonly TestEntry[]) =>
        list.map((entry) => ({ ...entry, path: place(entry.path), linkPath: entry.linkPath && place(entry.linkPath) }));
      if (base !== undefined) await stack.unpack(placed(base));
      if (typeof ends === 'string') assert.is(await failure(() => stack.unpack(placed(entries))), ends);
      else {
        await stack.unpack(placed(entries));
        const names = namesOf((await stack.viewed()).filter((line) => !line.includes(' directory ')));
        const shown = names.map((name) =>
          name.replaceAll(outside.slice(1), 'OUTSIDE').replace(stack.directory.slice(1), 'PARENT'),
        );
        assert.equal(shown.sort(), ends);
        assert.equal(await stack.viewed(), stack.mounted());
      }
      assert.equal(readFileSync(join(outside, 'kept'), 'utf8'), 'kept');
      assert.not.ok(existsSync(join(outside, 'f')));
    }),
  );
}

/** An archive of one small file, before which an extended header of this kind stands. */
function after(flag: 'x' | 'L' | 'K', text: string, entry: TestEntry): Buffer {
  const header = Buffer.from(makeTar([{ path: 'header', content: text }]).subarray(0, -1024));
  header.write(flag, 156);
  header.write('        ', 148);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return Buffer.concat([header, makeTar([entry])]);
}

const record = (field: string) => `${String(field.length + 4).padStart(2, '0')} ${field}\n`;

/** Names that stand in an extended header, and not where one looks for them. */
const OVERRIDDEN: readonly (readonly [what: string, tar: Buffer])[] = [
  ['a path of PAX', after('x', record('path=../OUTSIDE/f'), { path: 'f' })],
  ['a long name of GNU', after('L', '../OUTSIDE/f\0', { path: 'f' })],
  ['a hard link of PAX', after('x', record('linkpath=../OUTSIDE/kept'), hard('h', 'f'))],
  ['a long link of GNU', after('K', '../OUTSIDE/kept\0', hard('h', 'f'))],
  ['a size of PAX that hides what follows', after('x', record('size=99999'), { path: 'f', content: 'x' })],
];

for (const [what, tar] of OVERRIDDEN) {
  test(`${what} counts, and is refused`, () =>
    LayerStack.with(async (stack) => {
      await stack.add(() => undefined);
      assert.is(await failure(() => stack.addLater((writer) => unpackLayer(bytes(tar), writer))), 'INVALID');
    }));
}

async function failure(work: () => Promise<unknown>): Promise<string> {
  try {
    await work();
    return 'none';
  } catch (error) {
    return error instanceof TsbuildError ? error.code : String(error);
  }
}

const LIMITS = [
  ['entries', { entries: 3 }],
  ['content', { content: 5 }],
] as const;

for (const [what, limits] of LIMITS) {
  test(`a limit of ${what}`, () =>
    LayerStack.with(async (stack) => {
      const tar = makeTar(['a', 'b', 'c', 'd'].map((path) => ({ path, content: 'xx' })));
      await stack.add(() => undefined);
      const code = await failure(() => stack.addLater((writer) => unpackLayer(bytes(tar), writer, limits)));
      assert.is(code, 'INVALID');
    }));
}

test('a name that is a file and a directory in turn', () =>
  LayerStack.with(async (stack) => {
    const turn: TestEntry[] = [{ path: 'f' }, dir('f'), { path: 'f/x', type: 'fifo' }, dir('f/d')];
    await stack.unpack(Array.from({ length: 50 }, () => turn).flat());
    assert.equal(namesOf(await stack.viewed()), ['f/', 'f/d/', 'f/x (fifo)']);
  }));

test('an archive that is no layer keeps names that look like whiteouts', () =>
  LayerStack.with(async (stack) => {
    await stack.unpack([{ path: 'x' }]);
    const tar = makeTar([{ path: '.wh.x', content: 'file' }]);
    await stack.addLater(async (writer) => {
      await unpackInto(bytes(tar), writer, { directory: '' });
      await writer.finish();
    });
    assert.equal(namesOf(await stack.viewed()), ['.wh.x=file', 'x=']);
  }));

test('umoci unpacks the same', () =>
  LayerStack.with(async (stack) => {
    const layers: readonly (readonly TestEntry[])[] = [
      [
        { ...dir('etc'), mode: 0o751, uid: 3, gid: 4, mtime: 1_500_000_000 },
        { path: 'etc/passwd', content: 'root', mode: 0o4711, uid: 9, mtime: -5 },
        hard('etc/passwd-', 'etc/passwd'),
        link('mtab', '/proc/mounts'),
        { ...dir('gone'), mode: 0o700 },
        { path: 'gone/f' },
        dir('opaque'),
        { path: 'opaque/hidden' },
        { path: 'pipe', type: 'fifo', mode: 0o622 },
      ],
      [
        { path: '.wh.gone' },
        { path: 'opaque/.wh..wh..opq' },
        { path: 'opaque/shown', content: 'shown' },
        { path: 'etc/group', content: 'wheel', gid: 70_000_000 % 60_000 },
        hard('etc/shadow', 'etc/passwd'),
      ],
      [dir('gone'), { path: 'gone/again', content: 'again' }, { path: 'etc/.wh.passwd-' }],
    ];
    for (const entries of layers) await stack.unpack(entries);
    const rootfs = umociUnpack(stack.directory, makeImage(layers));
    assert.equal(withoutUmocisOwn(linesOfDirectory(rootfs)), withoutUmocisOwn(await stack.viewed()));
  }));

function umociUnpack(directory: string, image: ReturnType<typeof makeImage>): string {
  const layout = join(directory, 'image');
  mkdirSync(join(layout, 'blobs/sha256'), { recursive: true });
  const write = (digest: string, data: Buffer) => writeFileSync(join(layout, 'blobs', digest.replace(':', '/')), data);
  for (const [digest, data] of image.blobs) write(`sha256:${hexOf(digest)}`, data);
  write(image.descriptor.digest, image.manifestBytes);
  writeFileSync(join(layout, 'oci-layout'), '{"imageLayoutVersion":"1.0.0"}');
  const named = { ...image.descriptor, annotations: { 'org.opencontainers.image.ref.name': 'test' } };
  writeFileSync(join(layout, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [named] }));
  const bundle = join(directory, 'bundle');
  execFileSync(needProgram('umoci'), ['unpack', '--image', `${layout}:test`, bundle], { stdio: 'pipe' });
  return join(bundle, 'rootfs');
}

/** Times of directories that a later layer wrote into: umoci leaves those of the moment. */
function withoutUmocisOwn(lines: readonly string[]): string[] {
  return lines.map((line) => (line.includes(' directory ') ? line.replace(/\d+$/, '') : line));
}

test.run();
