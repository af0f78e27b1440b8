import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { openStore } from '../../src/store/open.ts';
import { codeOf, withDirectory, withStore, writeImage } from './fixture.ts';

const test = suite('openStore');

test('makes an OCI layout that is ours alone', async () => {
  await withStore(async ({ layout }) => {
    assert.is(statSync(layout.root).mode & 0o777, 0o700);
    assert.equal(JSON.parse(readFileSync(layout.ociLayout, 'utf8')), { imageLayoutVersion: '1.0.0' });
    assert.equal(JSON.parse(readFileSync(layout.index, 'utf8')).manifests, []);
    assert.ok(existsSync(layout.blobs));
    assert.equal(readdirSync(layout.root), ['v1']);
  });
});

test('several processes may make it at once', async () => {
  await withDirectory(async (directory) => {
    const root = join(directory, 'deep', 'root');
    await Promise.all(Array.from({ length: 10 }, () => openStore(root)));
    assert.equal(readdirSync(root), ['v1']);
  });
});

test('where no directory can be made it says so, and does not try for ever', async () => {
  await withDirectory(async (directory) => {
    writeFileSync(join(directory, 'file'), '');
    for (const root of ['/proc/none/store', join(directory, 'file'), join(directory, 'file/store')]) {
      const error = (await openStore(root).catch((thrown: unknown) => thrown)) as TsbuildError;
      assert.is(error.code, 'PERMISSION');
      assert.match(error.message, `no store can be made at ${root}`);
      assert.match(error.hint ?? '', '--root DIR');
    }
  });
});

test('what is deleted comes back when it is needed', async () => {
  await withStore(async (store) => {
    rmSync(store.layout.base, { recursive: true });
    mkdirSync(store.layout.base);
    assert.equal(store.images.list(), []);
    const { manifest } = await writeImage(store, 'amd64');
    await store.images.tag('docker.io/library/a:latest', manifest);
    assert.ok(existsSync(store.layout.ociLayout));
    const session = await store.sessions.open();
    await session.close();
    store.records.put('vertex', '0123456789', {});
  });
});

test('a newer format', async () => {
  await withDirectory(async (root) => {
    mkdirSync(join(root, 'v12'));
    const error = await openStore(root).catch((thrown: unknown) => thrown);
    assert.instance(error, TsbuildError);
    assert.is((error as TsbuildError).code, 'STORE');
    assert.match((error as TsbuildError).message, 'format 12');
    assert.ok((error as TsbuildError).hint);
  });
});

if (process.getuid?.() === 0) {
  test('a store of another user', async () => {
    await withStore(async ({ layout }) => {
      chownSync(layout.base, 12_345, 12_345);
      assert.is(await codeOf(() => openStore(layout.root)), 'PERMISSION');
    });
  });

  test('a root where we may not write', async () => {
    await withDirectory(async (directory) => {
      chmodSync(directory, 0o755);
      process.seteuid?.(12_345);
      try {
        const error = await openStore(join(directory, 'root')).catch((thrown: unknown) => thrown);
        assert.is((error as TsbuildError).code, 'PERMISSION');
        assert.match((error as TsbuildError).hint ?? '', '--root');
      } finally {
        process.seteuid?.(0);
      }
    });
  });
}

test.run();
