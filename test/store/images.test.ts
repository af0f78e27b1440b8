import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { OCI_INDEX, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import type { Store } from '../../src/store/open.ts';
import { codeOf, withStore, writeImage } from './fixture.ts';

const test = suite('ImageStore');

const A = 'docker.io/library/a:latest';
const B = 'docker.io/library/b:latest';

function names({ images }: Store): string[] {
  return images
    .list()
    .map(({ reference, descriptor }) => `${reference} ${descriptor.digest.slice(7, 11)}`)
    .sort();
}

test('an image with two names, one of them moved and removed', async () => {
  await withStore(async (store) => {
    const { images } = store;
    const one = (await writeImage(store, 'amd64')).manifest;
    const two = (await writeImage(store, 'arm64')).manifest;
    const [short1, short2] = [one.digest.slice(7, 11), two.digest.slice(7, 11)];
    await images.tag(A, one);
    await images.tag(B, one);
    assert.equal(names(store), [`${A} ${short1}`, `${B} ${short1}`]);
    await images.tag(A, two);
    assert.equal(names(store), [`${A} ${short2}`, `${B} ${short1}`]);
    assert.equal(images.get(A), two);
    assert.equal(await images.untag(A), two);
    assert.is(await images.untag(A), undefined);
    assert.is(images.get(A), undefined);
    assert.equal(names(store), [`${B} ${short1}`, `undefined ${short2}`]);
    await images.tag(B, two);
    assert.equal(names(store), [`${B} ${short2}`, `undefined ${short1}`]);
  });
});

test('images without a name are there once', async () => {
  await withStore(async (store) => {
    const { manifest } = await writeImage(store, 'amd64');
    await store.images.add(manifest);
    await store.images.add(manifest);
    assert.is(store.images.list().length, 1);
    await store.images.tag(A, manifest);
    await store.images.add(manifest);
    assert.equal(store.images.list(), [{ reference: A, descriptor: manifest }]);
  });
});

test('remove takes an image under all of its names', async () => {
  await withStore(async (store) => {
    const { manifest } = await writeImage(store, 'amd64');
    await store.images.tag(A, manifest);
    await store.images.tag(B, manifest);
    const removed = await store.images.remove(manifest.digest);
    assert.equal(
      removed.map(({ reference }) => reference),
      [A, B],
    );
    assert.equal(store.images.list(), []);
    assert.ok(store.content.has(manifest.digest));
  });
});

test('found by the manifest, the configuration, or one platform of an index', async () => {
  await withStore(async (store) => {
    const amd64 = await writeImage(store, 'amd64');
    const arm64 = await writeImage(store, 'arm64');
    const missing = { mediaType: OCI_MANIFEST, digest: digestOf('not pulled'), size: 3 };
    const index = JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests: [arm64.manifest, missing] });
    const descriptor = { mediaType: OCI_INDEX, ...(await store.content.writeBytes(index)) };
    await store.images.tag(A, amd64.manifest);
    await store.images.tag(B, descriptor);
    const find = (hex: string): unknown => store.images.findByDigestPrefix(hex).map(({ reference }) => reference);
    assert.equal(find(hexOf(amd64.manifest.digest)), [A]);
    assert.equal(find(hexOf(amd64.config.digest).slice(0, 12)), [A]);
    assert.equal(find(hexOf(descriptor.digest).slice(0, 12)), [B]);
    assert.equal(find(hexOf(arm64.config.digest).slice(0, 12)), [B]);
    assert.equal(find(hexOf(missing.digest).slice(0, 12)), [B]);
    assert.equal(find('ffffffffffffffff'), []);
    assert.equal(find(''), [A, B]);
  });
});

test('annotations of the descriptor stay; the names are not among them', async () => {
  await withStore(async (store) => {
    const { manifest } = await writeImage(store, 'amd64');
    const annotated = { ...manifest, annotations: { 'org.example.key': 'value' } };
    await store.images.tag(A, annotated);
    assert.equal(store.images.get(A), annotated);
    const [entry] = JSON.parse(readFileSync(store.layout.index, 'utf8')).manifests;
    assert.equal(entry.annotations, {
      'org.example.key': 'value',
      'io.containerd.image.name': A,
      'org.opencontainers.image.ref.name': A,
    });
  });
});

test('an image whose manifest is not here cannot be tagged', async () => {
  await withStore(async ({ images }) => {
    const descriptor = { mediaType: OCI_MANIFEST, digest: digestOf('absent'), size: 6 };
    assert.is(await codeOf(() => images.tag(A, descriptor)), 'NOT_FOUND');
    assert.is(await codeOf(() => images.add(descriptor)), 'NOT_FOUND');
  });
});

for (const damage of [
  '',
  '{',
  'null',
  '{"manifests":{}}',
  '{"manifests":[{"digest":"sha256:../x","size":1,"mediaType":"m"}]}',
]) {
  test(`a damaged index: ${damage}`, async () => {
    await withStore(async ({ images, layout }) => {
      writeFileSync(layout.index, damage);
      assert.is(await codeOf(() => images.list()), 'STORE');
    });
  });
}

test('skopeo and umoci read the store in place', async () => {
  await withStore(async (store) => {
    const { manifest } = await writeImage(store, 'amd64');
    await store.images.tag(A, manifest);
    const source = `oci:${store.layout.content}:${A}`;
    const raw = execFileSync('skopeo', ['inspect', '--raw', source]).toString();
    assert.is(digestOf(raw), manifest.digest);
    const tags = execFileSync('umoci', ['list', '--layout', store.layout.content]).toString();
    assert.is(tags.trim(), A);
  });
});

test.run();
