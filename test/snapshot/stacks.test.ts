import { existsSync, linkSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { inUserNamespace } from '../../runner/index.ts';
import { configureLauncher } from '../../runner/syscall/index.ts';
import { leaveLauncherDirectory } from '../../runner/syscall/launcher.ts';
import { toBytePath } from '../../src/base/bytepath.ts';
import { isErrno } from '../../src/base/error.ts';
import { LayerWriter } from '../../src/snapshot/layer-writer.ts';
import { RootView } from '../../src/snapshot/root-view.ts';
import { type SnapshotMeta, Snapshots } from '../../src/snapshot/snapshots.ts';
import { partsOf, SHAPE, type StackPart, stackOn } from '../../src/snapshot/stack.ts';
import { Stacks } from '../../src/snapshot/stacks.ts';
import { walkTree } from '../../src/snapshot/tree.ts';
import { becomeRoot } from '../runner/kit.ts';
import { attributes } from './layer-stack.ts';

await becomeRoot();

const test = suite('deep stacks');

const REPLACE = { replace: true };

/** What an overlay takes, less a directory below and one above the stack. */
const MOUNTABLE = 498;

/** Four levels of merged directories in a hundred layers. */
const SMALL = { plain: 4, width: 3 };

let root: string;

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-stacks-'));
  configureLauncher({ directory: join(root, 'bin') });
});

test.after.each(() => {
  leaveLauncherDirectory();
  rmSync(root, { recursive: true, force: true });
});

function openSnapshots(): Snapshots {
  return new Snapshots({ root, temporary: () => join(root, 'tmp'), userXattrs: inUserNamespace() });
}

/** The stacks as another process sees them: with nothing remembered. */
function open(): Stacks {
  const snapshots = openSnapshots();
  const { directory, userXattrs } = snapshots;
  const meta = (id: string) => snapshots.meta(id) as SnapshotMeta;
  const { signal } = new AbortController();
  return new Stacks({ directory, userXattrs, signal, meta, opaque: async (id) => meta(id).opaque ?? [] }, SMALL);
}

/** Each layer makes a name and one that comes and goes, writes a file anew, and takes the directory of an earlier one. */
async function deepStack(layers: number): Promise<string[]> {
  const snapshots = openSnapshots();
  const ids: string[] = [];
  for (let index = 0; index < layers; index++) {
    const parent = ids.at(-1) ?? null;
    const draft = snapshots.draft(parent);
    const { userXattrs } = snapshots;
    const writer = new LayerWriter(toBytePath(draft.fs), await snapshots.view(parent), { userXattrs });
    writer.putDirectory(`d${index}`, attributes(0o755), REPLACE);
    writer.putFile(`d${index}/f`, Buffer.from(String(index)), attributes(0o644), REPLACE);
    writer.putFile('log', Buffer.from(String(index)), attributes(0o644), REPLACE);
    if (index % 10 === 0) writer.putFile('now and then', Buffer.from(''), attributes(0o644), REPLACE);
    if (index % 10 === 5) writer.whiteout('now and then');
    if (index % 3 === 2) writer.whiteout(`d${index - 2}`);
    if (index % 20 === 19) writer.putFile(`d${index - 18}`, Buffer.from(''), attributes(0o644), REPLACE);
    await writer.finish();
    const { opaque, unmarked } = writer;
    ids.push(snapshots.commit(draft, { opaque, unmarked }));
  }
  return ids;
}

/** Every name, what it is and which file, through the merged directories. */
async function merged(id: string): Promise<string[]> {
  return linesOf(new RootView(await open().directories(id)));
}

/** The same through all layers. */
function plain(id: string): string[] {
  const snapshots = openSnapshots();
  const layers = snapshots.chain(id).map((layer) => ({
    directory: toBytePath(snapshots.fs(layer)),
    opaque: new Set(snapshots.meta(layer)?.opaque),
  }));
  return linesOf(new RootView(layers.reverse()));
}

function linesOf(view: RootView): string[] {
  const lines: string[] = [];
  walkTree(view, '', (path, { type, ino, mode, mtimeMs }) => {
    lines.push(`${path} ${type} ${mode} ${mtimeMs} ${type === 'directory' ? '' : ino}`);
  });
  return lines;
}

test('a stack of any number of layers is few directories, of every layer one', () => {
  const layersOf = (part: StackPart): number =>
    part.level === 0 ? 1 : part.parts.reduce((sum, each) => sum + layersOf(each), 0);
  let top: StackPart | undefined;
  for (let depth = 1; depth <= 40_000; depth++) {
    top = stackOn(top, String(depth), { mountable: true, shape: SHAPE });
    if (depth > 300 && depth % 997 > 1) continue;
    const parts = partsOf(top);
    assert.ok(parts.length < MOUNTABLE / 2, `${parts.length} for ${depth}`);
    assert.is(
      parts.reduce((sum, part) => sum + layersOf(part), 0),
      depth,
    );
  }
});

test('what overlayfs does not understand is not merged, nor is what lies on it', () => {
  let top: StackPart | undefined;
  for (let depth = 1; depth <= 40; depth++) top = stackOn(top, '', { mountable: depth !== 20, shape: SMALL });
  const parts = partsOf(top);
  assert.equal(
    parts.map(({ mountable }) => mountable),
    parts.map(({ depth }) => depth < 20),
  );
  assert.equal(
    parts.map(({ level }) => level > 0),
    parts.map(({ depth }) => depth > 4 && depth < 20),
  );
});

test('merged or not, a stack shows the same', async () => {
  const ids = await deepStack(100);
  for (const depth of [4, 6, 7, 8, 13, 50, 85, 100]) {
    const id = ids[depth - 1] as string;
    const names = (await open().directories(id)).map(({ name }) => name);
    assert.ok(names.length < 13, String(names.length));
    assert.is(
      names.some((name) => name.includes('/m4/')),
      depth >= 85,
    );
    assert.equal(await merged(id), plain(id), `${depth} layers`);
  }
});

test('of processes that need the same at once one makes it, and one that died is no hindrance', async () => {
  const top = (await deepStack(13)).at(-1) as string;
  const path = join(root, 's', top, 'm2');
  mkdirSync(join(`${path}.new`, 'fs', 'half'), { recursive: true });
  writeFileSync(`${path}.lock`, '');
  const expected = plain(top);
  for (const lines of await Promise.all([merged(top), merged(top), merged(top)])) assert.equal(lines, expected);
  assert.equal(readdirSync(join(root, 's', top)).sort(), ['fs', 'm1', 'm2', 'meta.json']);
});

test('what is damaged is made again', async () => {
  const top = (await deepStack(13)).at(-1) as string;
  const path = join(root, 's', top, 'm2');
  const expected = plain(top);
  assert.equal(await merged(top), expected);
  for (const damage of [
    () => writeFileSync(join(path, 'meta.json'), '{"opaque":'),
    () => rmSync(join(path, 'meta.json')),
    () => rmSync(join(path, 'fs'), { recursive: true }),
    () => rmSync(path, { recursive: true }),
  ]) {
    damage();
    assert.equal(await merged(top), expected, String(damage));
    assert.ok(existsSync(join(path, 'meta.json')));
  }
});

test('a file that takes no more names is copied', async () => {
  const snapshots = openSnapshots();
  const draft = snapshots.draft((await deepStack(6)).at(-1) as string);
  writeFileSync(join(draft.fs, 'full'), 'content', { mode: 0o640 });
  mkdirSync(join(root, 'names'));
  let isFull = false;
  try {
    // ext4 takes 65,000; elsewhere these are many names like others.
    for (let name = 0; name < 65_100; name++) linkSync(join(draft.fs, 'full'), join(root, 'names', String(name)));
  } catch (error) {
    if (!isErrno(error, 'EMLINK')) throw error;
    isFull = true;
  }
  const top = snapshots.commit(draft, { opaque: [] });
  const { type, mode, size, nlink } = new RootView(await open().directories(top)).lookup('full') ?? {};
  assert.equal([type, mode, size], ['file', 0o640, 7]);
  if (isFull) assert.is(nlink, 1);
});

test.run();
