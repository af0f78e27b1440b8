import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { buildSteps } from '../e2e/steps.ts';
import { makeTar } from '../support/image.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('a cache whose layers cannot be had');

const DOCKERFILE = `FROM busybox AS make
RUN head -c 100000 /dev/urandom > /big
RUN echo 2 > /two
FROM busybox
COPY --from=make /big /two /
`;
/** Needs the files of what the cache has. */
const EDITED = `${DOCKERFILE}RUN cmp /big /big && cat /two\n`;
const OF_THE_CACHE = ['RUN head', 'RUN echo', 'COPY --from'];

let first: Workplace;

test.before(async () => {
  first = await Workplace.withBusybox();
  first.write('context/Dockerfile', DOCKERFILE);
  await first.ok(['build', '--cache-to', `type=local,dest=${first.at('cache')},mode=max`, first.at('context')]);
});
test.after(() => first.remove());

interface Layer {
  diffId: string;
  made?: object;
  blob: { mediaType: string; digest: string; size: number };
}

/** A machine with a copy of the cache, in which something is wrong. */
async function elsewhere(damage: (cache: string) => void, action: (place: Workplace) => Promise<void>): Promise<void> {
  const place = await Workplace.withBusybox();
  try {
    place.write('context/Dockerfile', EDITED);
    for (const path of readdirSync(first.at('cache'), { recursive: true, encoding: 'utf8' })) {
      if (!/blobs\/sha256\/|\.json$|oci-layout/.test(path)) continue;
      place.write(join('cache', path), readFileSync(first.at('cache', path)));
    }
    damage(place.at('cache'));
    await action(place);
  } finally {
    place.remove();
  }
}

const blobPath = (cache: string, digest: string) => join(cache, 'blobs/sha256', hexOf(digest as `sha256:${string}`));
const readBlob = (cache: string, digest: string) => JSON.parse(readFileSync(blobPath(cache, digest), 'utf8'));

function writeBlob(cache: string, content: Buffer): { digest: string; size: number } {
  const digest = digestOf(content);
  writeFileSync(blobPath(cache, digest), content);
  return { digest, size: content.length };
}

/** Changes the layers of the cache's records, and everything that names them. */
function rewriteLayers(cache: string, change: (layers: Layer[]) => void): void {
  const index = JSON.parse(readFileSync(join(cache, 'index.json'), 'utf8'));
  const manifest = readBlob(cache, index.manifests[0].digest);
  const config = readBlob(cache, manifest.config.digest);
  change(config.layers);
  Object.assign(manifest.config, writeBlob(cache, Buffer.from(JSON.stringify(config))));
  manifest.layers = [...new Map((config.layers as Layer[]).map(({ blob }) => [blob.digest, blob])).values()];
  Object.assign(index.manifests[0], writeBlob(cache, Buffer.from(JSON.stringify(manifest))));
  writeFileSync(join(cache, 'index.json'), JSON.stringify(index));
}

function layersOf(cache: string): Layer[] {
  const index = JSON.parse(readFileSync(join(cache, 'index.json'), 'utf8'));
  return readBlob(cache, readBlob(cache, index.manifests[0].digest).config.digest).layers;
}

const made = (cache: string) => layersOf(cache).filter((layer) => layer.made !== undefined);

/** Other bytes with a digest of their own: nothing but the diffID tells that they are not the layer. */
function lie(layer: Layer, cache: string): void {
  const other = gzipSync(makeTar([{ path: 'malware', content: 'x' }]));
  layer.blob = { mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', ...writeBlob(cache, other) };
}

const DAMAGES: readonly (readonly [what: string, damage: (cache: string) => void, executed: readonly string[]])[] = [
  [
    'a blob is damaged',
    (cache) => {
      for (const { blob } of made(cache)) writeFileSync(blobPath(cache, blob.digest), Buffer.alloc(blob.size, 'x'));
    },
    OF_THE_CACHE,
  ],
  [
    'a blob is another layer',
    (cache) =>
      rewriteLayers(cache, (layers) => {
        for (const layer of layers.filter(({ made }) => made !== undefined)) lie(layer, cache);
      }),
    OF_THE_CACHE,
  ],
  [
    'the layer of the base image is another one',
    (cache) =>
      rewriteLayers(cache, (layers) => {
        for (const layer of layers.filter(({ made }) => made === undefined)) lie(layer, cache);
      }),
    OF_THE_CACHE,
  ],
];

for (const [what, damage, executed] of DAMAGES) {
  test(`${what}: the steps are executed, with a warning`, () =>
    elsewhere(damage, async (place) => {
      const from = ['--cache-from', `type=local,src=${place.at('cache')}`];
      const built = await place.run(['build', '--progress=plain', '-t', 'app', ...from, place.at('context')]);
      assert.is(built.code, 0, built.stderr);
      assert.match(built.stderr, /a layer of the cache cannot be had, its step is executed again: /);
      for (const step of executed) assert.match(built.stderr, new RegExp(`\\] ${step}`));
      const again = await buildSteps(place, [...from, place.at('context')]);
      assert.equal(again.executed, [], 'what was made here counts from now on');
    }));
}

test('a cache that is deleted after its records were taken over: also what only an output needs', () =>
  elsewhere(
    () => undefined,
    async (place) => {
      place.write('context/Dockerfile', DOCKERFILE);
      const from = ['--cache-from', `type=local,src=${place.at('cache')}`];
      assert.equal((await buildSteps(place, [...from, place.at('context')])).executed, []);
      rmSync(place.at('cache'), { recursive: true });
      const archive = ['-o', `type=oci,dest=${place.at('app.tar')}`];
      const built = await place.run(['build', '--progress=plain', ...archive, place.at('context')]);
      assert.is(built.code, 0, built.stderr);
      assert.match(built.stderr, /cannot be had, its step is executed again/);
      await place.ok(['load', '-i', place.at('app.tar')]);
    },
  ));

test.run();
