import { linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { prune } from '../../src/prune/prune.ts';
import { usage } from '../../src/prune/usage.ts';
import { Snapshots } from '../../src/snapshot/snapshots.ts';
import { openStore } from '../../src/store/open.ts';

const test = suite('what a store takes');

const SIZE = 1 << 20;

test('a file that several snapshots hold counts once', async () => {
  const root = mkdtempSync(join(tmpdir(), 'tsbuild-usage-'));
  try {
    const store = await openStore(root);
    const snapshots = new Snapshots({ root: store.layout.base, temporary: () => root, userXattrs: false });
    const [one, other] = [snapshots.draft(null), snapshots.draft(null)];
    writeFileSync(join(one.fs, 'f'), Buffer.alloc(SIZE, 1));
    linkSync(join(one.fs, 'f'), join(other.fs, 'f'));
    for (const draft of [one, other]) snapshots.commit(draft);
    const used = (await usage(store, snapshots)).find(({ type }) => type === 'snapshots');
    const pruned = await prune(store, snapshots, { all: true, dryRun: true, now: Date.now() });
    const freed = pruned.filter(({ kind }) => kind === 'snapshot').reduce((sum, { size }) => sum + size, 0);
    for (const size of [used?.size ?? 0, freed]) {
      assert.ok(size >= SIZE && size < SIZE * 1.5, String(size));
    }
  } finally {
    rmSync(root, { recursive: true, force: true });
  }
});

test.run();
