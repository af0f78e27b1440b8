import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { startRegistry, type TestRegistry } from '../../fixtures/docker-registry.ts';
import { digestOf } from '../../src/base/digest.ts';
import { OCI_INDEX, OCI_LAYER } from '../../src/oci/media-types.ts';
import { RegistryClient } from '../../src/registry/index.ts';
import { makeImage } from '../support/image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('tsbuild lock');

let registry: TestRegistry;
let place: Workplace;

test.before(async () => {
  registry = await startRegistry();
  place = new Workplace();
});
test.after(async () => {
  await registry.stop();
  place.remove();
});

/** Pushes an index with one image, of which the file `is` has this content; returns the digest of the index. */
async function publish(path: string, content: string): Promise<string> {
  const image = makeImage([[{ path: 'is', content }]]);
  const client = new RegistryClient({ env: { DOCKER_CONFIG: '/nonexistent' } });
  try {
    const to = client.pushRepository({ domain: registry.host, path });
    const { Readable } = await import('node:stream');
    for (const [digest, bytes] of image.blobs) {
      await to.pushBlob({ mediaType: OCI_LAYER, digest, size: bytes.length }, () => Readable.from([bytes]));
    }
    await to.pushManifest(image.manifestBytes, image.descriptor.mediaType, undefined);
    const manifests = [{ ...image.descriptor, platform: { os: 'linux', architecture: 'amd64' } }];
    const index = Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests }));
    await to.pushManifest(index, OCI_INDEX, '1');
    return digestOf(index);
  } finally {
    await client.close();
  }
}

const name = (path: string) => `${registry.host}/${path}:1`;

/** What the first file of the build says of its base image. */
async function built(args: readonly string[]): Promise<string> {
  const tar = place.at('out.tar');
  await place.ok(['build', '-q', '-o', `type=tar,dest=${tar}`, ...args, place.at('context')]);
  return execFileSync('tar', ['-xOf', tar, 'is'], { encoding: 'utf8' });
}

test('a build file: every image of every stage by the digest of its index, and --locked builds with these', async () => {
  const digests = [await publish('a', 'old'), await publish('b', 'b'), await publish('c', 'c')];
  place.write(
    'context/Dockerfile',
    `ARG OF=a\nFROM ${name('$OF')} AS one\nFROM scratch AS unused\nCOPY --from=${name('b')} /is /b\nFROM named AS two\nFROM one\n`,
  );
  const named = ['--build-context', `named=docker-image://${name('c')}`];
  assert.is(await place.ok(['lock', ...named, place.at('context')]), 'tsbuild.lock: 3 images');
  const text = readFileSync(place.at('tsbuild.lock'), 'utf8');
  const expected = {
    version: 1,
    images: { [name('a')]: digests[0], [name('b')]: digests[1], [name('c')]: digests[2] },
  };
  assert.is(text, `${JSON.stringify(expected, null, 2)}\n`);

  await publish('a', 'new');
  assert.is(await built(['--locked', ...named]), 'old');
  assert.is(await built(['--locked', '--offline', '--no-cache', ...named]), 'old', 'without a registry');
  assert.is(await built(['--pull', ...named]), 'new');
  assert.is(
    await place.ok(['pull', '-q', '--locked', name('a')]),
    digestOf(makeImage([[{ path: 'is', content: 'old' }]]).manifestBytes),
  );

  place.write('docker-bake.hcl', 'target "default" { context = "context" }\n');
  place.write('context/Dockerfile', `FROM ${name('a')}\n`);
  await place.ok(['lock', '--bake', '--pull', '--lock-file', 'bake.lock']);
  assert.equal(Object.keys(JSON.parse(readFileSync(place.at('bake.lock'), 'utf8')).images), [name('a')]);
  await place.ok(['bake', '--locked', '--offline', '--lock-file', 'bake.lock']);
});

const WRONG: readonly (readonly [lock: string | undefined, message: RegExp])[] = [
  [undefined, /there is no absent\.lock[\s\S]*`tsbuild lock` writes it/],
  ['{', /is no lock file of version 1/],
  ['{"version": 2, "images": {}}', /is no lock file of version 1/],
  ['{"version": 1, "images": {"x": "sha256:1"}}', /is no lock file of version 1/],
  ['{"version": 1, "images": {}}', /the lock file has no image 127\.0\.0\.1:1\/x:2\n/],
  [
    `{"version": 1, "images": {"127.0.0.1:1/x:1": "${digestOf('')}"}}`,
    /the lock file has no image 127\.0\.0\.1:1\/x:2; it has 127\.0\.0\.1:1\/x:1/,
  ],
];

for (const [lock, message] of WRONG) {
  test(`--locked with ${lock ?? 'no file'}`, async () => {
    place.write('wrong/Dockerfile', 'FROM 127.0.0.1:1/x:2\n');
    const path = lock === undefined ? 'absent.lock' : place.write('wrong.lock', lock);
    const { code, stderr } = await place.run(['build', '--locked', '--lock-file', path, place.at('wrong')]);
    assert.is(code, 1);
    assert.match(stderr, message);
  });
}

test('an image that cannot be found: its place in the build file, and no lock file', async () => {
  place.write('wrong/Dockerfile', `FROM ${name('absent')}\n`);
  const { code, stderr } = await place.run(['lock', '--lock-file', 'none.lock', place.at('wrong')]);
  assert.is(code, 1);
  assert.match(stderr, /Dockerfile:1[\s\S]*absent/);
  assert.throws(() => readFileSync(place.at('none.lock')), /ENOENT/);
});

test.run();
