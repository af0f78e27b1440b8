import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { configureLauncher } from '../../runner/syscall/index.ts';
import { chainIds } from '../../src/oci/chain.ts';
import { parseImageConfig } from '../../src/oci/config.ts';
import { BaseLayers } from '../../src/ops/base-layers.ts';
import { imageSnapshot } from '../../src/ops/image.ts';
import { Snapshots } from '../../src/snapshot/snapshots.ts';
import { becomeRoot } from '../runner/kit.ts';
import { makeImage } from '../support/image.ts';

await becomeRoot();

const test = suite('base layers');

let root: string;

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-layers-'));
  configureLauncher({ directory: join(root, 'bin') });
});

test.after.each(() => rmSync(root, { recursive: true, force: true }));

/** Snapshots of an image of two layers; `opened` counts the requests for a blob, of which the first ones fail. */
function place(failures: number) {
  const image = makeImage([[{ path: 'a', content: 'a' }], [{ path: 'b', content: 'b' }]]);
  const { layers } = image.manifest;
  const diffIds = parseImageConfig(image.configBytes).rootfs.diff_ids;
  const snapshots = new Snapshots({ root, temporary: () => root, userXattrs: false });
  const opened: string[] = [];
  const base = new BaseLayers({
    snapshots,
    signal: new AbortController().signal,
    onOwnershipLost: () => undefined,
    openBlob: async ({ digest }) => {
      opened.push(digest);
      if (opened.length <= failures) throw new Error('the registry is down');
      return Readable.from([image.blobs.get(digest)]);
    },
  });
  const top = imageSnapshot(snapshots, { layers, diffIds, chain: chainIds(diffIds) }) as string;
  return { base, snapshots, top, opened };
}

test('whoever asks at the same time shares one unpacking of each layer', async () => {
  const { base, top, opened } = place(0);
  const views = await Promise.all([base.view(top), base.view(top), base.view(top)]);
  assert.ok(views.every((view) => view.lookup('a') !== undefined && view.lookup('b') !== undefined));
  assert.is(opened.length, 2);
});

test('a layer that could not be fetched is fetched when it is asked for again', async () => {
  const { base, top, snapshots } = place(1);
  const outcomes = await Promise.allSettled([base.view(top), base.view(top)]);
  assert.equal(
    outcomes.map(({ status }) => status),
    ['rejected', 'rejected'],
  );
  assert.ok(!existsSync(snapshots.fs(top)));
  assert.ok((await base.view(top)).lookup('b'));
});

test.run();
