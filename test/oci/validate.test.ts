import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf } from '../../src/base/digest.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { DOCKER_LAYER_GZIP, OCI_LAYER } from '../../src/oci/media-types.ts';
import type { Descriptor, Manifest } from '../../src/oci/types.ts';
import { validateImage } from '../../src/oci/validate.ts';
import { describe, makeImage, makeTar, type TestEntry, type TestImage } from '../support/image.ts';

const test = suite('validation of images');

const BASE: readonly TestEntry[] = [
  { path: 'etc', type: 'directory', mode: 0o755 },
  { path: 'etc/hosts', content: '127.0.0.1 localhost\n' },
  { path: 'etc/hosts2', type: 'hardlink', linkPath: 'etc/hosts' },
  { path: 'lib', type: 'symlink', linkPath: 'usr/lib' },
];
const CHANGE: readonly TestEntry[] = [
  { path: 'etc', type: 'directory', mode: 0o755 },
  { path: 'etc/.wh.hosts' },
  { path: 'etc/.wh..wh..opq' },
];

/** Everything that is wrong with an image, on one line each; empty for a valid one. */
async function problemsOf(image: TestImage, manifest: Manifest | Uint8Array = image.manifestBytes): Promise<string> {
  const readBlob = async function* ({ digest }: Descriptor): AsyncGenerator<Buffer> {
    yield image.blobs.get(digest) ?? Buffer.alloc(0);
  };
  try {
    await validateImage({ manifest, config: image.configBytes, readBlob });
    return '';
  } catch (error) {
    if (!(error instanceof TsbuildError) || error.code !== 'INVALID') throw error;
    return error.notes.join('\n') || error.message;
  }
}

test('a sound image passes, compressed or not, with and without layers', async () => {
  assert.is(await problemsOf(makeImage([BASE, CHANGE])), '');
  assert.is(await problemsOf(makeImage([BASE, CHANGE], { compress: false })), '');
  assert.is(await problemsOf(makeImage([])), '');
  assert.is(await problemsOf(makeImage([[]])), '');
});

test('history counts only what is not empty', async () => {
  const history = [{ created_by: 'a' }, { created_by: 'ENV', empty_layer: true }];
  assert.is(await problemsOf(makeImage([BASE], { config: { history } })), '');
  assert.match(await problemsOf(makeImage([BASE, CHANGE], { config: { history } })), /2 layers, but 1 history entries/);
  assert.is(await problemsOf(makeImage([BASE], { config: { history: undefined } })), '');
});

/** What the entries of a layer are, and what is said about them. */
const LAYERS: readonly (readonly [what: string, entries: readonly TestEntry[], problem: RegExp])[] = [
  ['a path out of it', [{ path: '../x' }], /"\.\.\/x" leads out/],
  ['a hidden path out of it', [{ path: 'a/../../x' }], /leads out/],
  ['an absolute path', [{ path: '/etc/passwd' }], /leads out/],
  ['the same path twice', [{ path: 'x' }, { path: './x' }], /twice/],
  ['a file below a file', [{ path: 'x' }, { path: 'x/y' }], /below a file/],
  ['a file below a link', [{ path: 'x', type: 'symlink', linkPath: '/etc' }, { path: 'x/y' }], /below a symlink/],
  ['a link to nowhere', [{ path: 'x', type: 'hardlink', linkPath: 'y' }], /comes before/],
  ['a whiteout of nothing', [{ path: 'a/.wh.' }], /no whiteout/],
  ['a whiteout of a whiteout', [{ path: '.wh..wh.plnk' }], /no whiteout/],
  ['a whiteout with content', [{ path: '.wh.x', content: 'x' }], /not an empty file/],
  ['a directory as whiteout', [{ path: '.wh.x', type: 'directory' }], /not an empty file/],
];

for (const [what, entries, problem] of LAYERS) {
  test(`a layer with ${what}`, async () => assert.match(await problemsOf(makeImage([entries])), problem));
}

test('a tar without its end', async () => {
  const image = makeImage([BASE], { compress: false });
  const cut = makeTar(BASE).subarray(0, -1024);
  const broken = replaceLayer(image, cut, OCI_LAYER);
  assert.match(await problemsOf(image, broken), /no end marker/);
});

test('a blob that is not what its descriptor says', async () => {
  const image = makeImage([BASE]);
  const [layer] = image.manifest.layers;
  assert.ok(layer);
  image.blobs.set(layer.digest, gzipSync(makeTar(CHANGE)));
  const problems = await problemsOf(image);
  assert.match(problems, /layer 0 has the digest/);
  assert.match(problems, /layer 0 has \d+ bytes, not/);
  assert.match(problems, /layer 0 has the diffID/);
});

test('a compression that is not that of the media type', async () => {
  const image = makeImage([BASE]);
  assert.match(await problemsOf(image, replaceLayer(image, makeTar(BASE))), /layer 0 is none, not gzip/);
});

test('another number of diffIDs than of layers', async () => {
  const rootfs = { type: 'layers', diff_ids: [] } as const;
  assert.match(await problemsOf(makeImage([BASE], { config: { rootfs } })), /1 layers, but 0 diffIDs/);
});

test('media types of two families', async () => {
  const image = makeImage([BASE]);
  const layers = image.manifest.layers.map((layer) => ({ ...layer, mediaType: DOCKER_LAYER_GZIP }));
  assert.match(await problemsOf(image, { ...image.manifest, layers }), /in an oci manifest/);
});

test('another config than the manifest names', async () => {
  const image = makeImage([BASE]);
  const config = { ...image.manifest.config, digest: digestOf('x'), size: 1 };
  assert.match(await problemsOf(image, { ...image.manifest, config }), /config has the digest/);
});

const CONFIGS = [
  [{ created: 'yesterday' }, /"yesterday" is not a time/],
  [{ config: { Env: ['A=1', 'A=2'] } }, /twice in Env/],
  [{ config: { Env: ['A'] } }, /without name or =/],
  [{ config: { WorkingDir: 'relative' } }, /not absolute/],
] as const;

for (const [config, problem] of CONFIGS) {
  test(`a config with ${JSON.stringify(config)}`, async () => {
    assert.match(await problemsOf(makeImage([BASE], { config })), problem);
  });
}

/** The manifest with another content for its one layer. */
function replaceLayer(image: TestImage, content: Buffer, mediaType?: string): Manifest {
  const [layer] = image.manifest.layers;
  assert.ok(layer);
  const replaced = describe(mediaType ?? layer.mediaType, content);
  image.blobs.set(replaced.digest, content);
  return { ...image.manifest, layers: [replaced] };
}

test.run();
