import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { MAX_CONFIG_SIZE, parseImageConfig } from '../../src/oci/config.ts';
import { parseManifest } from '../../src/oci/manifest.ts';
import { OCI_INDEX, OCI_LAYER } from '../../src/oci/media-types.ts';
import { parseReference } from '../../src/oci/reference.ts';
import type { Descriptor } from '../../src/oci/types.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { type PushRepository, RegistryClient } from '../../src/registry/index.ts';
import { needProgram } from '../house/programs.ts';
import { describe, makeImage, type TestImage } from '../support/image.ts';
import { rejection } from './errors.ts';

const test = suite('a real registry');
const run = promisify(execFile);

const IMAGE = makeImage([
  [
    { path: 'etc', type: 'directory', mode: 0o755 },
    { path: 'etc/motd', content: 'hello\n' },
  ],
  [{ path: 'etc/.wh.motd' }, { path: 'big', content: randomBytes(3_000_000) }],
]);

let registry: TestRegistry;
let client: RegistryClient;
const directory = mkdtempSync(join(tmpdir(), 'tsbuild-roundtrip-'));

test.before(async () => {
  registry = await startRegistry();
  client = new RegistryClient({ env: { DOCKER_CONFIG: directory } });
});
test.after(async () => {
  await client.close();
  await registry.stop();
  rmSync(directory, { recursive: true, force: true });
});

function repository(path: string): PushRepository {
  return client.pushRepository({ domain: registry.host, path });
}

async function pushImage(to: PushRepository, image: TestImage, tag: string): Promise<Descriptor> {
  for (const blob of [image.manifest.config, ...image.manifest.layers]) {
    await to.pushBlob(blob, () => Readable.from([image.blobs.get(blob.digest) as Buffer]));
  }
  return to.pushManifest(image.manifestBytes, image.descriptor.mediaType, tag);
}

test('an image that was pushed is the same when it comes back', async () => {
  const to = repository('round/trip');
  assert.equal(await pushImage(to, IMAGE, 'one'), IMAGE.descriptor);
  const from = client.repository(parseReference(`${registry.host}/round/trip`));
  const resolved = await from.resolve('one');
  assert.equal(resolved, IMAGE.descriptor);
  const { descriptor, bytes } = await from.fetchManifest(resolved.digest);
  assert.equal(descriptor, IMAGE.descriptor);
  assert.ok(bytes.equals(IMAGE.manifestBytes));
  const manifest = parseManifest(bytes, descriptor.mediaType);
  const config = await from.fetchBytes(manifest.config, MAX_CONFIG_SIZE);
  assert.equal(parseImageConfig(config).rootfs.diff_ids.length, 2);
  await validateImage({ manifest: bytes, config, readBlob: (layer) => from.fetchBlob(layer) });
});

test('skopeo sees the image that we pushed', async () => {
  await pushImage(repository('for/skopeo'), IMAGE, 'v1');
  const image = `docker://${registry.host}/for/skopeo:v1`;
  const { stdout } = await run(needProgram('skopeo'), ['inspect', '--tls-verify=false', image]);
  const seen = JSON.parse(stdout);
  assert.is(seen.Digest, IMAGE.descriptor.digest);
  assert.equal(
    seen.Layers,
    IMAGE.manifest.layers.map(({ digest }) => digest),
  );
});

test('what skopeo copies we fetch, in both families of media types', async () => {
  await pushImage(repository('source'), IMAGE, 'x');
  for (const format of ['oci', 'v2s2']) {
    const [from, to] = [`docker://${registry.host}/source:x`, `docker://${registry.host}/copy-${format}:x`];
    const flags = ['--src-tls-verify=false', '--dest-tls-verify=false', `--format=${format}`];
    await run(needProgram('skopeo'), ['--insecure-policy', 'copy', ...flags, from, to]);
    const copied = repository(`copy-${format}`);
    const { bytes, descriptor } = await copied.fetchManifest('x');
    const manifest = parseManifest(bytes, descriptor.mediaType);
    const config = await copied.fetchBytes(manifest.config, MAX_CONFIG_SIZE);
    await validateImage({ manifest, config, readBlob: (layer) => copied.fetchBlob(layer) });
  }
});

test('an index with its manifests', async () => {
  const to = repository('many');
  await pushImage(to, IMAGE, 'amd64');
  const platform = { os: 'linux', architecture: 'amd64' };
  const index = { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [{ ...IMAGE.descriptor, platform }] };
  const bytes = Buffer.from(JSON.stringify(index));
  const pushed = await to.pushManifest(bytes, OCI_INDEX, 'all');
  assert.equal(await to.resolve('all'), pushed);
  assert.is((await to.fetchManifest('all')).descriptor.mediaType, OCI_INDEX);
});

test('a manifest without a tag is found under its digest', async () => {
  const to = repository('untagged');
  for (const blob of [IMAGE.manifest.config, ...IMAGE.manifest.layers]) {
    await to.pushBlob(blob, () => Readable.from([IMAGE.blobs.get(blob.digest) as Buffer]));
  }
  const pushed = await to.pushManifest(IMAGE.manifestBytes, IMAGE.descriptor.mediaType);
  assert.equal(await to.resolve(pushed.digest), IMAGE.descriptor);
});

test('a blob is uploaded once, then found, then mounted', async () => {
  const content = randomBytes(2_500_000);
  const blob = describe(OCI_LAYER, content);
  let opened = 0;
  const open = (): Readable => {
    opened++;
    return Readable.from([content.subarray(0, 1_000_000), content.subarray(1_000_000)]);
  };
  const first = repository('first');
  assert.is(await first.hasBlob(blob.digest), false);
  const progress: number[] = [];
  const onProgress = (id: string, current: number, total: number): void => {
    assert.equal([id, total], [blob.digest, blob.size]);
    progress.push(current);
  };
  assert.is(await first.pushBlob(blob, open, { onProgress }), 'uploaded');
  assert.equal(progress, [1_000_000, 2_500_000]);
  assert.is(await first.hasBlob(blob.digest), true);
  assert.is(await first.pushBlob(blob, open), 'exists');
  assert.is(await repository('second').pushBlob(blob, open, { mountFrom: 'first' }), 'mounted');
  assert.is(await repository('third').pushBlob(blob, open, { mountFrom: 'not/there' }), 'uploaded');
  assert.is(opened, 2);
});

test('an empty blob', async () => {
  const empty = describe(OCI_LAYER, Buffer.alloc(0));
  const to = repository('empty');
  assert.is(await to.pushBlob(empty, () => Readable.from([])), 'uploaded');
  assert.is((await to.fetchBytes(empty, 0)).length, 0);
});

test('progress of a download counts up to the size of the blob', async () => {
  const to = repository('progress');
  await pushImage(to, IMAGE, 'x');
  const layer = IMAGE.manifest.layers[1] as Descriptor;
  const seen: number[] = [];
  const stream = await to.fetchBlob(layer, { onProgress: (_, current) => seen.push(current) });
  for await (const _ of stream);
  assert.is(seen.at(-1), layer.size);
  assert.equal(
    seen,
    [...seen].sort((a, b) => a - b),
  );
});

test('what is not there is NOT_FOUND', async () => {
  const nowhere = repository('no/such');
  const digest = digestOf('nothing');
  assert.is((await rejection(nowhere.resolve('x'))).code, 'NOT_FOUND');
  const manifest = await rejection(nowhere.fetchManifest('x'));
  assert.is(manifest.code, 'NOT_FOUND');
  assert.match(manifest.message, /no\/such:x.*manifest unknown/);
  assert.match(manifest.hint ?? '', /check the name/);
  assert.is((await rejection(nowhere.fetchBlob({ mediaType: OCI_LAYER, digest, size: 1 }))).code, 'NOT_FOUND');
});

test('the registry refuses content that is not what we announce', async () => {
  const wrong = { ...describe(OCI_LAYER, Buffer.from('right')), size: 5 };
  const error = await rejection(repository('wrong').pushBlob(wrong, () => Readable.from([Buffer.from('wrong')])));
  assert.is(error.code, 'REGISTRY');
  assert.match(error.message, /digest/);
});

test('a manifest that names missing blobs is refused with the words of the registry', async () => {
  const error = await rejection(
    repository('hollow').pushManifest(IMAGE.manifestBytes, IMAGE.descriptor.mediaType, 'x'),
  );
  assert.is(error.code, 'REGISTRY');
  assert.match(error.message, /blob unknown to registry/);
});

test('damage on the disk of the registry is found', async () => {
  const to = repository('damaged');
  const content = randomBytes(100_000);
  const blob = describe(OCI_LAYER, content);
  await to.pushBlob(blob, () => Readable.from([content]));
  const hex = hexOf(blob.digest);
  const path = join(registry.directory, 'data/docker/registry/v2/blobs/sha256', hex.slice(0, 2), hex, 'data');
  writeFileSync(path, randomBytes(100_000));
  const error = await rejection(to.fetchBytes(blob, 1e6));
  assert.is(error.code, 'REGISTRY');
  assert.match(error.message, /content with the digest sha256:/);
});

test('a blob over the limit is not even asked for', async () => {
  const blob = { mediaType: OCI_LAYER, digest: digestOf('x'), size: 100 };
  assert.match((await rejection(repository('limit').fetchBytes(blob, 99))).message, /100 bytes, more than 99/);
});

test('a registry on loopback with a certificate of its own', async () => {
  const secure = await startRegistry({ tls: true });
  try {
    const to = client.pushRepository({ domain: secure.host, path: 'tls' });
    assert.equal(await pushImage(to, IMAGE, 'x'), IMAGE.descriptor);
    assert.equal(await to.resolve('x'), IMAGE.descriptor);
  } finally {
    await secure.stop();
  }
});

test('a cancelled transfer is CANCELLED', async () => {
  const to = repository('cancelled');
  await pushImage(to, IMAGE, 'x');
  assert.is((await rejection(to.resolve('x', AbortSignal.abort()))).code, 'CANCELLED');
  const controller = new AbortController();
  const stream = await to.fetchBlob(IMAGE.manifest.layers[1] as Descriptor, {
    signal: controller.signal,
    onProgress: () => controller.abort(),
  });
  const reading = (async () => {
    for await (const _ of stream);
  })();
  assert.is((await rejection(reading)).code, 'CANCELLED');
});

test.run();
