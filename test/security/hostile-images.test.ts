import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import { findInLayout } from '../../src/build/layout-context.ts';
import { CACHE_CONFIG } from '../../src/cache/format.ts';
import { readCaches } from '../../src/cache/read.ts';
import { REF_NAME } from '../../src/export/layout-directory.ts';
import { loadArchive } from '../../src/export/load.ts';
import { MAX_CONFIG_SIZE } from '../../src/oci/config.ts';
import { OCI_CONFIG, OCI_INDEX, OCI_LAYER_GZIP, OCI_LAYER_ZSTD, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import { hostPlatform } from '../../src/oci/platform.ts';
import type { Descriptor } from '../../src/oci/types.ts';
import { ImageSource } from '../../src/ops/image-source.ts';
import { openStore, type Store } from '../../src/store/open.ts';
import { needProgram } from '../house/programs.ts';
import { TestBuilder } from '../ops/builder.ts';
import { rejection } from '../registry/errors.ts';
import { type Handler, type LoopbackServer, startServer } from '../registry/server.ts';
import { becomeRoot } from '../runner/kit.ts';
import { describe, makeImage, makeTar } from '../support/image.ts';

await becomeRoot();

const test = suite('images of strangers');

const directory = mkdtempSync(join(tmpdir(), 'tsbuild-hostile-'));
const { signal } = new AbortController();
const platform = hostPlatform();
let store: Store;

test.before(async () => {
  store = await openStore(join(directory, 'store'));
  await store.sessions.open();
});
test.after(async () => {
  await store.sessions.current?.close();
  rmSync(directory, { recursive: true, force: true });
});

/** What a stranger offers: an image by the descriptor that leads to it, and all that can be had by a digest. */
interface Offer {
  top: object & { mediaType: string; digest: string; size: number };
  blobs: Map<string, Buffer>;
}

type Fields = Record<string, unknown>;

/** An image whose documents are first changed; digests and sizes are right wherever the change leaves them alone. */
function offer({
  config = () => undefined,
  manifest = () => undefined,
  configBytes,
}: {
  config?: (fields: Fields) => void;
  manifest?: (fields: Fields & { config: Fields; layers: Fields[] }) => void;
  configBytes?: Buffer;
}): Offer {
  const image = makeImage([[{ path: 'a', content: 'a' }]], { config: platform });
  const fields = JSON.parse(image.configBytes.toString());
  config(fields);
  const bytes = configBytes ?? Buffer.from(JSON.stringify(fields));
  const document = JSON.parse(JSON.stringify({ ...image.manifest, config: describe(OCI_CONFIG, bytes) })) as Fields & {
    config: Fields;
    layers: Fields[];
  };
  manifest(document);
  const blobs = new Map<string, Buffer>([...image.blobs, [digestOf(bytes), bytes]]);
  return under(Buffer.from(JSON.stringify(document)), OCI_MANIFEST, blobs);
}

function under(document: Buffer, mediaType: string, blobs: Map<string, Buffer>): Offer {
  const top = describe(mediaType, document);
  return { top, blobs: new Map([...blobs, [top.digest, document]]) };
}

/** An index that names an offer for this platform; `change` is made to its entry. */
function indexOf({ top, blobs }: Offer, change: Fields = {}): Offer {
  const manifests = [{ ...top, platform, ...change }];
  return under(Buffer.from(JSON.stringify({ schemaVersion: 2, mediaType: OCI_INDEX, manifests })), OCI_INDEX, blobs);
}

/** The same offer, in which a digest leads to other bytes. */
function swapped({ top, blobs }: Offer, digest: string, bytes: Buffer): Offer {
  return { top, blobs: new Map([...blobs, [digest, bytes]]) };
}

const GOOD = offer({});
const OTHER = offer({ config: (fields) => Object.assign(fields, { author: 'somebody else' }) });
const CONFIG = JSON.parse(GOOD.blobs.get(GOOD.top.digest)?.toString() ?? '').config.digest as Digest;
const withDigest = (digest: string) => offer({ manifest: ({ layers }) => Object.assign(layers[0] ?? {}, { digest }) });
const twice = (times: number): Offer => (times === 0 ? GOOD : indexOf(twice(times - 1)));

const DOCUMENTS: readonly (readonly [what: string, offer: Offer, message: RegExp])[] = [
  [
    'another manifest than the index names',
    swapped(indexOf(GOOD), GOOD.top.digest, OTHER.blobs.get(OTHER.top.digest) as Buffer),
    /digest|damaged|not in the store|lacks/,
  ],
  [
    'another configuration',
    swapped(GOOD, CONFIG, Buffer.alloc(GOOD.blobs.get(CONFIG)?.length ?? 0)),
    /digest|damaged|lacks/,
  ],
  [
    'an index that is announced as a manifest',
    indexOf({ ...indexOf(GOOD), top: { ...indexOf(GOOD).top, mediaType: OCI_MANIFEST } }),
    /mediaType is not/,
  ],
  [
    'a manifest that is announced as an index',
    indexOf({ ...GOOD, top: { ...GOOD.top, mediaType: OCI_INDEX } }),
    /mediaType is not/,
  ],
  [
    'a manifest that is an index, too',
    offer({ manifest: (fields) => Object.assign(fields, { manifests: [] }) }),
    /fields of both/,
  ],
  ['an index in an index in an index …', twice(6), /index of an index|mediaType is not/],
  [
    'a manifest of schema 1',
    under(
      Buffer.from('{"schemaVersion": 1, "fsLayers": []}'),
      'application/vnd.docker.distribution.manifest.v1+prettyjws',
      new Map(),
    ),
    /schema version 1|mediaType/,
  ],
  ['no manifest', under(Buffer.from('[]'), OCI_MANIFEST, new Map()), /is not an object/],
  [
    'a layer more than diffIDs',
    offer({ config: ({ rootfs }) => Object.assign(rootfs as Fields, { diff_ids: [] }) }),
    /1 layers and 0 diffIDs/,
  ],
  [
    'a diffID more than layers',
    offer({ manifest: (fields) => Object.assign(fields, { layers: [] }) }),
    /0 layers and 1 diffIDs/,
  ],
  [
    'a diffID that is a path',
    offer({ config: ({ rootfs }) => Object.assign(rootfs as Fields, { diff_ids: ['sha256:../../x'] }) }),
    /not a sha256 digest/,
  ],
  ['a layer by another algorithm', withDigest(`sha512:${'0'.repeat(128)}`), /digest is not a sha256 digest/],
  ['a layer by MD5', withDigest(`md5:${'0'.repeat(32)}`), /digest is not a sha256 digest/],
  ['a layer whose digest is a path', withDigest('sha256:../../../../etc/passwd'), /digest is not a sha256 digest/],
  ['a layer whose digest is in capitals', withDigest(`sha256:${'A'.repeat(64)}`), /digest is not a sha256 digest/],
  [
    'a layer of a negative size',
    offer({ manifest: ({ layers }) => Object.assign(layers[0] ?? {}, { size: -1 }) }),
    /size is not a non-negative integer/,
  ],
  [
    'a layer of half a byte',
    offer({ manifest: ({ layers }) => Object.assign(layers[0] ?? {}, { size: 0.5 }) }),
    /size is not a non-negative integer/,
  ],
  [
    'a layer of another kind',
    offer({ manifest: ({ layers }) => Object.assign(layers[0] ?? {}, { mediaType: 'text/html' }) }),
    /unknown media type "text\/html"/,
  ],
  [
    'a configuration of 10 GB',
    offer({ manifest: ({ config }) => Object.assign(config, { size: 10e9 }) }),
    /more than 8388608|only \d+ of its|digest|lacks|10000000000/,
  ],
  [
    'a configuration that is larger than any',
    offer({ configBytes: Buffer.alloc(MAX_CONFIG_SIZE + 1, ' ') }),
    /8388609 (bytes|of)|larger|more than/,
  ],
  [
    'a configuration that is deeper than any',
    offer({ configBytes: Buffer.from(`${'['.repeat(1_000_000)}${']'.repeat(1_000_000)}`) }),
    /image config is not/,
  ],
  [
    'a configuration that is a list of names',
    offer({ config: (fields) => Object.assign(fields, { config: { Env: [1] } }) }),
    /Env is not a list of strings/,
  ],
];

/** The ways on which images come in. Each reads the whole image, its layers included. */
const WAYS: Readonly<Record<string, (offer: Offer, work: string) => Promise<void>>> = {
  async registry({ top, blobs }) {
    const server = await startServer(serve({ top, blobs }));
    const images = new ImageSource(store);
    try {
      await pull(images, server);
    } finally {
      await images.close();
      await server.stop();
    }
  },
  async archive({ top, blobs }, work) {
    const files = [...blobs].map(([digest, content]) => ({ path: `blobs/${digest.replace(':', '/')}`, content }));
    const content = JSON.stringify({ schemaVersion: 2, manifests: [top] });
    writeFileSync(join(work, 'image.tar'), makeTar([...files, { path: 'index.json', content }]));
    await loadArchive(join(work, 'image.tar'), store, signal);
  },
  async layout({ top, blobs }, work) {
    writeLayout(work, { top, blobs });
    const images = new ImageSource(store);
    const found = findInLayout(work, 'here');
    const { manifest } = await images.resolveInLayout(work, found.descriptor, { platform, signal });
    for (const layer of manifest.layers) await images.ensureBlob(layer, () => undefined, signal);
  },
};

function serve({ top, blobs }: Offer): Handler {
  return ({ url }, response) => {
    const digest = /\/(?:manifests|blobs)\/(\S+)$/.exec(url)?.[1];
    const body = blobs.get(digest === 'latest' ? top.digest : (digest ?? ''));
    if (url === '/v2/' || body === undefined) response.writeHead(url === '/v2/' ? 200 : 404).end();
    else response.writeHead(200, { 'content-type': typeOf(digest ?? '', top) }).end(body);
  };
}

/** A registry says of a document what whoever pushed it said. */
function typeOf(digest: string, { mediaType, digest: own }: Offer['top']): string {
  return digest === 'latest' || digest === own ? mediaType : 'application/octet-stream';
}

async function pull(images: ImageSource, { host }: LoopbackServer): Promise<void> {
  const { manifest } = await images.resolve(`${host}/x`, { platform, pull: true, signal });
  for (const layer of manifest.layers) await images.ensureBlob(layer, () => undefined, signal);
}

function writeLayout(at: string, { top, blobs }: Offer): void {
  mkdirSync(join(at, 'blobs/sha256'), { recursive: true });
  for (const [digest, content] of blobs) writeFileSync(join(at, 'blobs', digest.replace(':', '/')), content);
  writeFileSync(join(at, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests: [top] }));
}

function filesOfStore(): string[] {
  return readdirSync(store.layout.root, { recursive: true, encoding: 'utf8' }).sort();
}

/** Runs what must be refused with this message, without a trace in the store. */
async function refused(what: string, message: RegExp, work: (directory: string) => Promise<unknown>): Promise<void> {
  const before = filesOfStore();
  const at = mkdtempSync(join(directory, 'work-'));
  const error = await rejection(work(at));
  assert.match(error.message, message, what);
  assert.ok(
    ['INVALID', 'REGISTRY', 'UNSUPPORTED', 'NOT_FOUND', 'NETWORK'].includes(error.code),
    `${what}: ${error.code}`,
  );
  assert.equal(filesOfStore(), before, `${what}: something is left in the store`);
}

for (const [what, hostile, message] of DOCUMENTS) {
  test(what, async () => {
    for (const way of ['registry', 'archive', 'layout'] as const) {
      await refused(`${way}: ${what}`, message, (at) => (WAYS[way] as (typeof WAYS)[string])(hostile, at));
    }
  });
}

/** A cache whose document is this. */
function cacheOf(document: unknown, change: Fields = {}): Offer {
  const bytes = Buffer.from(JSON.stringify(document));
  const config = { ...describe(CACHE_CONFIG, bytes), ...change };
  const manifest = { schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] };
  return under(Buffer.from(JSON.stringify(manifest)), OCI_MANIFEST, new Map([[digestOf(bytes), bytes]]));
}

const layer = (fields: Fields) => ({ version: 1, layers: [{ diffId: digestOf(''), ...fields }] });

const CACHES: readonly (readonly [what: string, offer: Offer, message: RegExp])[] = [
  ['a cache of nothing', cacheOf([]), /cache is not an object/],
  ['a cache of the future', cacheOf({ version: 2 }), /version is not 1/],
  ['a cache of 10 GB', cacheOf({ version: 1 }, { size: 10e9 }), /10000000000 bytes/],
  ['a layer on one that comes later', cacheOf(layer({ parent: 0 })), /parent is not an earlier layer/],
  ['a layer whose digest is a path', cacheOf(layer({ diffId: 'sha256:../../x' })), /diffId is not a sha256 digest/],
  [
    'a blob whose digest is a path',
    cacheOf(layer({ blob: { digest: '/x', mediaType: 'x', size: 1 } })),
    /digest is not/,
  ],
  ['an image without a cache', GOOD, /no cache inside/],
  ['another configuration', swapped(GOOD, CONFIG, Buffer.from('{}')), /digest|damaged|only 2 of/],
  ['an index that is announced as a manifest', DOCUMENTS[2]?.[1] as Offer, /mediaType is not/],
];

for (const [what, hostile, message] of CACHES) {
  test(`--cache-from: ${what}`, async () => {
    await refused(`local: ${what}`, message, (at) => {
      writeLayout(at, { ...hostile, top: Object.assign({ annotations: { [REF_NAME]: 'x' } }, hostile.top) });
      return readCaches({ type: 'local', directory: at, tag: 'x', digest: undefined }, new ImageSource(store), signal);
    });
    const server = await startServer(serve(hostile));
    const images = new ImageSource(store);
    try {
      const from = { type: 'registry', reference: `${server.host}/x` } as const;
      await refused(`registry: ${what}`, message, () => readCaches(from, images, signal));
    } finally {
      await images.close();
      await server.stop();
    }
  });
}

const FILES: readonly (readonly [what: string, make: (path: string) => void, message: RegExp])[] = [
  ['a pipe', (path) => execFileSync('mkfifo', [path]), /is no regular file/],
  ['a device', (path) => symlinkSync('/dev/zero', path), /is no regular file/],
  ['10 GB', (path) => execFileSync('truncate', ['-s', '10G', path]), /has 10737418240 bytes, more than/],
];

for (const [what, make, message] of FILES) {
  test(`a layout whose files are ${what}`, async () => {
    const damaged = (path: string) => (at: string) => {
      writeLayout(at, GOOD);
      rmSync(join(at, path));
      make(join(at, path));
    };
    const cache = (directory: string) =>
      readCaches({ type: 'local', directory, tag: 'x', digest: undefined }, new ImageSource(store), signal);
    await refused('index', message, async (at) => [damaged('index.json')(at), findInLayout(at, 'here')]);
    await refused('cache', message, async (at) => [damaged('index.json')(at), await cache(at)]);
    await refused('blob', message, async (at) => {
      damaged(`blobs/${CONFIG.replace(':', '/')}`)(at);
      await new ImageSource(store).resolveInLayout(at, GOOD.top as Descriptor, { platform, signal });
    });
  });
}

const zeros = makeTar([{ path: 'zeros', content: Buffer.alloc(3_000_000) }]);
const zstd = (bytes: Buffer) => execFileSync(needProgram('zstd'), ['-c'], { input: bytes });

/** Layers that are the blobs which the manifest names, and that nothing should be made of. */
const LAYERS: readonly (readonly [what: string, tar: Buffer, blob: Buffer, message: RegExp])[] = [
  ['a bomb in gzip', zeros, gzipSync(zeros), /INVALID: compressed data expands to more than 1048576 bytes/],
  ['a bomb in zstd', zeros, zstd(zeros), /INVALID: compressed data expands to more than 1048576 bytes/],
  ['another layer', makeTar([{ path: 'a' }]), gzipSync(makeTar([{ path: 'b' }])), /INVALID: a layer has the diffID/],
  ['half of a layer', zeros, gzipSync(zeros.subarray(0, 5000)), /^INVALID: /],
  ['no tar', Buffer.alloc(2048, 'x'), gzipSync(Buffer.alloc(2048, 'x')), /INVALID: damaged tar/],
  ['a way out', makeTar([{ path: '../x' }]), gzipSync(makeTar([{ path: '../x' }])), /INVALID: .*leaves its root/],
];

/** What a build writes of itself, whatever comes of it. */
const OF_A_BUILD = /^v1\/(bin|builds|gc.lock|graphs|index.lock|logs|skeleton|syntax|targets|trees)(\/|$)/;

test('layers of which nothing is unpacked, and nothing stays', () =>
  TestBuilder.with(async (builder) => {
    const { content, images, layout } = await openStore(builder.root);
    const list = () =>
      readdirSync(layout.root, { recursive: true, encoding: 'utf8' })
        .filter((path) => !OF_A_BUILD.test(path))
        .sort();
    writeFileSync(join(builder.directory, 'config.yaml'), 'limits: {unpacked: 1m, ratio: 50}');
    process.env.TSBUILD_CONFIG = join(builder.directory, 'config.yaml');
    for (const [what, tar, blob, message] of LAYERS) {
      const config = Buffer.from(
        JSON.stringify({ ...platform, rootfs: { type: 'layers', diff_ids: [digestOf(tar)] } }),
      );
      const type = blob.subarray(0, 2).toString('hex') === '1f8b' ? OCI_LAYER_GZIP : OCI_LAYER_ZSTD;
      const layers = [describe(type, blob)];
      const manifest = Buffer.from(JSON.stringify({ schemaVersion: 2, config: describe(OCI_CONFIG, config), layers }));
      for (const bytes of [config, blob, manifest]) await content.writeBytes(bytes);
      await images.tag('docker.io/library/hostile:latest', describe(OCI_MANIFEST, manifest));
      const before = list();
      const dockerfile = `FROM scratch\nCOPY --from=hostile / /${layers[0]?.digest.slice(7, 19)}\n`;
      assert.match(await builder.failure(dockerfile), message, what);
      const after = list().filter((path) => !before.includes(path));
      assert.equal(
        after.filter((path) => !/^v1\/(chains|s)(\/|$)/.test(path)),
        [],
        what,
      );
      assert.equal(
        after.filter((path) => /^v1\/s\/[^/]+\/fs/.test(path)),
        [],
        `${what}: files are left`,
      );
    }
  }).finally(() => {
    delete process.env.TSBUILD_CONFIG;
  }));

test('the image that all these were made of is one', async () => {
  for (const way of ['registry', 'archive', 'layout']) {
    for (const good of [GOOD, indexOf(GOOD), ...(way === 'archive' ? [] : [twice(3)])]) {
      await WAYS[way]?.(good, mkdtempSync(join(directory, 'good-')));
    }
  }
});

test.run();
