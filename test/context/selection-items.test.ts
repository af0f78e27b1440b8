import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { BytePath } from '../../src/base/bytepath.ts';
import { type SelectionItem, SelectionItems } from '../../src/context/selection-items.ts';
import type { TreeEntry } from '../../src/snapshot/tree.ts';

const test = suite('what a COPY reads, as rows of numbers');

const ENTRY: TreeEntry = {
  type: 'file',
  mode: 0o7644,
  uid: 1000,
  gid: 4_294_967_294,
  size: 6_000_000_000,
  blocks: 8,
  mtimeMs: 1_700_000_000_123.456,
  ctimeMs: 1_700_000_000_123.457,
  dev: 66_305,
  ino: 9_007_199_254_740_991,
  nlink: 2,
  rdev: 1281,
  hostPath: '/context/a/\xe9\xff',
};

const ITEM: SelectionItem = { source: 1, path: 'a/\xe9\xff', entry: ENTRY, onTheWay: undefined };

function itemsOf(items: readonly SelectionItem[]): SelectionItems {
  const table = new SelectionItems();
  for (const { path, ...item } of items) {
    const slash = path.lastIndexOf('/');
    table.add({ ...item, directory: path.slice(0, Math.max(slash, 0)), name: path.slice(slash + 1) });
  }
  return table;
}

const at = (path: BytePath, hostPath: BytePath, entry: Partial<TreeEntry> = {}): SelectionItem => {
  return { ...ITEM, path, entry: { ...ENTRY, ...entry, hostPath } };
};

const WAYS: Readonly<Record<string, readonly SelectionItem[]>> = {
  'a name that is not UTF-8': [ITEM],
  'each type': (['file', 'directory', 'symlink', 'char', 'block', 'fifo', 'socket'] as const).map((type) =>
    at(type, `/context/${type}`, { type, mode: 0o7777 }),
  ),
  'a directory on the way': [{ ...at('a', '/context/a', { type: 'directory' }), onTheWay: true }],
  'a source that is a file': [at('', '/context/file')],
  'the root of the machine': [at('etc', '/etc'), at('etc/passwd', '/etc/passwd')],
  'one directory from several layers': [at('d/a', '/lower/d/a'), at('d/b', '/upper/d/b'), at('d/c', '/lower/d/c')],
  'directories whose names begin alike': [at('a/b', '/context/a/b'), at('a/b/c', '/context/a/b/c'), at('x', '/x')],
  'several sources': [at('x', '/context/x'), { ...at('x', '/context/x'), source: 2 }],
  'more than a block': Array.from({ length: 10_000 }, (_, index) =>
    at(`d${index >> 7}/${index}`, `/context/d${index >> 7}/${index}`, { ino: index }),
  ),
};

for (const [name, items] of Object.entries(WAYS)) {
  test(`comes back as it was: ${name}`, () => {
    const table = itemsOf(items);
    assert.is(table.length, items.length);
    assert.equal([...table], items);
    assert.equal(
      [...table.treeEntries()],
      items.map(({ entry }) => entry),
    );
    assert.equal([...table.entries()].at(-1), [items.length - 1, items.at(-1)]);
  });
}

const BEFORE = [at('a', '/context/a', { type: 'directory' }), at('a/x', '/context/a/x'), at('y', '/context/y')];
const [DIRECTORY, X, Y] = BEFORE as [SelectionItem, SelectionItem, SelectionItem];

/** What makes another fingerprint, beside the same items. */
const CHANGES: Readonly<Record<string, readonly SelectionItem[]>> = {
  type: [DIRECTORY, X, at('y', '/context/y', { type: 'symlink' })],
  mode: [DIRECTORY, X, at('y', '/context/y', { mode: 0o755 })],
  size: [DIRECTORY, X, at('y', '/context/y', { size: 1 })],
  mtime: [DIRECTORY, X, at('y', '/context/y', { mtimeMs: ENTRY.mtimeMs + 0.001 })],
  ctime: [DIRECTORY, X, at('y', '/context/y', { ctimeMs: ENTRY.ctimeMs + 0.001 })],
  inode: [DIRECTORY, X, at('y', '/context/y', { ino: 7 })],
  name: [DIRECTORY, X, at('z', '/context/z')],
  directory: [DIRECTORY, at('x', '/context/x'), Y],
  source: [DIRECTORY, X, { ...Y, source: 0 }],
  'on the way': [{ ...DIRECTORY, onTheWay: true }, X, Y],
  'a file less': [DIRECTORY, X],
};

for (const [what, items] of Object.entries(CHANGES)) {
  test(`another fingerprint: ${what}`, async () => {
    assert.is.not(await itemsOf(items).fingerprint([]), await itemsOf(BEFORE).fingerprint([]));
  });
}

test('the same fingerprint where only the machine was restarted: devices and blocks have other numbers', async () => {
  const after = BEFORE.map(({ entry, ...item }) => ({ ...item, entry: { ...entry, dev: 5, blocks: 16 } }));
  assert.is(await itemsOf(after).fingerprint([]), await itemsOf(BEFORE).fingerprint([]));
  assert.is.not(await itemsOf(after).fingerprint(['more']), await itemsOf(BEFORE).fingerprint([]));
});

test.run();
