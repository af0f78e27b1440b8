import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hexOf } from '../../src/base/digest.ts';
import { makeImage, makeTar, type TestEntry, type TestImage } from '../support/image.ts';
import { validImage } from '../support/valid-image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('archives and root filesystems that come in');

let place: Workplace;

test.before(() => {
  place = new Workplace();
});

test.after(() => place.remove());

const IMAGE = makeImage([[{ path: 'a', content: '1' }], [{ path: 'b', content: '2' }]], { compress: false });

const blobPath = (digest: string) => `blobs/sha256/${digest.slice('sha256:'.length)}`;

function blobs(image: TestImage): TestEntry[] {
  const all = [...image.blobs, [image.descriptor.digest, image.manifestBytes] as const];
  return all.map(([digest, content]) => ({ path: blobPath(digest), content }));
}

function dockerManifest(image: TestImage, changes: object = {}): TestEntry {
  const entry = {
    Config: blobPath(image.manifest.config.digest),
    RepoTags: ['loaded:1'],
    Layers: image.manifest.layers.map(({ digest }) => blobPath(digest)),
    ...changes,
  };
  return { path: 'manifest.json', content: JSON.stringify([entry]) };
}

function index(...manifests: object[]): TestEntry {
  return { path: 'index.json', content: JSON.stringify({ schemaVersion: 2, manifests }) };
}

function load(entries: readonly TestEntry[]) {
  return place.run(['load', '-q'], { stdin: makeTar(entries) });
}

test('the old form of docker: layers beside a configuration, shared ones as links', async () => {
  const [first, second] = IMAGE.manifest.layers.map(({ digest }) => IMAGE.blobs.get(digest) as Buffer);
  const { digest } = IMAGE.manifest.config;
  const { stdout, code, stderr } = await load([
    { path: 'one', type: 'directory', mode: 0o755 },
    { path: 'one/layer.tar', content: first as Buffer },
    { path: 'two/real.tar', content: second as Buffer },
    { path: 'two/layer.tar', type: 'symlink', linkPath: '../two/real.tar' },
    { path: `${hexOf(digest)}.json`, content: IMAGE.configBytes },
    dockerManifest(IMAGE, { Config: `${hexOf(digest)}.json`, Layers: ['one/layer.tar', 'two/layer.tar'] }),
  ]);
  assert.is(code, 0, stderr);
  assert.is(stdout.trim(), digest);
  await validImage(place.root, 'loaded:1');
});

test('an OCI layout without a name', async () => {
  const image = makeImage([[{ path: 'x', content: 'unnamed' }]]);
  const { stdout } = await load([...blobs(image), index(image.descriptor)]);
  assert.is(stdout.trim(), image.manifest.config.digest);
  await validImage(place.root, image.manifest.config.digest);
});

const [FIRST_LAYER] = IMAGE.manifest.layers;

/** Archives that are broken or hostile, and what is said of them. */
const HOSTILE: [name: string, entries: TestEntry[], message: RegExp][] = [
  ['empty', [], /neither a manifest\.json nor an index\.json/],
  ['a root filesystem', [{ path: 'bin/sh', content: 'x' }], /tsbuild import/],
  ['manifest.json is no JSON', [{ path: 'manifest.json', content: '{' }], /manifest\.json of the archive is not JSON/],
  ['manifest.json is no list', [{ path: 'manifest.json', content: '{}' }], /is not a list/],
  ['manifest.json of nonsense', [{ path: 'manifest.json', content: '[null, 1]' }], /without Config and Layers/],
  ['a configuration that is not there', [dockerManifest(IMAGE)], /lacks the file blobs\/sha256/],
  [
    'a path out of the archive',
    [dockerManifest(IMAGE, { Config: '../../etc/passwd' })],
    /lacks the file \.\.\/\.\.\/etc/,
  ],
  ['an absolute path', [dockerManifest(IMAGE, { Config: '/etc/passwd' })], /lacks the file \/etc\/passwd/],
  [
    'a link out of the archive',
    [{ path: 'c', type: 'symlink', linkPath: '/etc/passwd' }, dockerManifest(IMAGE, { Config: 'c' })],
    /lacks the file c/,
  ],
  ['a layer too few', [...blobs(IMAGE), dockerManifest(IMAGE, { Layers: [] })], /has 0 layers and 2 diffIDs/],
  ['a name that is none', [...blobs(IMAGE), dockerManifest(IMAGE, { RepoTags: ['../UP'] })], /\.\.\/UP/],
  [
    'a layer that is another',
    [
      ...blobs(IMAGE),
      dockerManifest(IMAGE, { Layers: IMAGE.manifest.layers.map(() => blobPath(FIRST_LAYER?.digest ?? '')) }),
    ],
    /diffID/,
  ],
  ['a layout without its blobs', [index(IMAGE.descriptor)], /not in the store|lacks the blob/],
  [
    'a layout with a blob that is not what its name says',
    [{ path: blobPath(IMAGE.descriptor.digest), content: '{}' }, index({ ...IMAGE.descriptor, size: 2 })],
    /not in the store|lacks the blob/,
  ],
  ['a layout of nonsense', [{ path: 'index.json', content: '[]' }], /index/],
];

for (const [name, entries, message] of HOSTILE) {
  test(`load refuses: ${name}`, async () => {
    const fresh = new Workplace();
    try {
      const { code, stdout, stderr } = await fresh.run(['load'], { stdin: makeTar(entries) });
      assert.is(code, 1, stderr);
      assert.match(stderr, message);
      assert.not.match(stderr, /^ +at /m);
      assert.is(stdout, '');
      assert.equal(JSON.parse(await fresh.ok(['images', '--json'])), []);
    } finally {
      fresh.remove();
    }
  });
}

test('import takes a tar, compressed or not, and gives the same image each time', async () => {
  const tar = makeTar([{ path: 'etc/x', content: 'x', mtime: 1_000_000_000 }]);
  place.write('root.tar', tar);
  place.write('root.tar.gz', gzipSync(tar));
  const ids = [
    await place.ok(['import', place.at('root.tar'), 'imported']),
    await place.ok(['import', place.at('root.tar.gz'), 'imported']),
    await place.ok(['import', '-', 'imported'], { stdin: tar }),
  ];
  assert.is(new Set(ids).size, 1);
  const { config } = await validImage(place.root, 'imported');
  assert.is(config.created, '2001-09-09T01:46:40Z');
});

test('import takes a directory', async () => {
  place.write('tree/etc/name', 'me', 0o600);
  const [first, second] = [
    await place.ok(['import', place.at('tree'), 'tree']),
    await place.ok(['import', place.at('tree')]),
  ];
  assert.is(first, second);
  await validImage(place.root, 'tree');
});

test('import of a file from a time that no date can tell has the last date that there is', async () => {
  const tar = makeTar([{ path: 'x', content: 'x', mtime: 100_000_000_000_000 }]);
  await place.ok(['import', '-', 'future'], { stdin: tar });
  const { config } = await validImage(place.root, 'future');
  assert.is(config.created, '9999-12-31T23:59:59Z');
});

const NOT_IMPORTED: [name: string, content: Buffer, message: RegExp][] = [
  ['nothing', Buffer.alloc(0), /holds no files/],
  ['an empty tar', makeTar([]), /holds no files/],
  ['no tar', Buffer.from('x'.repeat(2000)), /tar/],
  ['a path out of it', makeTar([{ path: 'a/../../x' }]), /leaves its root/],
  ['a tar that ends early', makeTar([{ path: 'a', content: 'x'.repeat(5000) }]).subarray(0, 1500), /end/],
];

for (const [name, content, message] of NOT_IMPORTED) {
  test(`import refuses ${name}`, async () => {
    const { code, stderr } = await place.run(['import', '-'], { stdin: content });
    assert.is(code, 1, stderr);
    assert.match(stderr, message);
    assert.not.match(stderr, /^ +at /m);
  });
}

test('import refuses a file that would delete others', async () => {
  place.write('whiteout/.wh.x', '');
  const { code, stderr } = await place.run(['import', place.at('whiteout')]);
  assert.is(code, 1);
  assert.match(stderr, /name begins with \.wh\.: \/\.wh\.x/);
});

test.run();
