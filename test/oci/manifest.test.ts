import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { MAX_MANIFEST_SIZE, mediaTypeOf, parseIndex, parseManifest } from '../../src/oci/manifest.ts';
import * as types from '../../src/oci/media-types.ts';

const test = suite('manifests and indexes');

const DIGEST = `sha256:${'ab'.repeat(32)}` as const;
const CONFIG = { mediaType: types.OCI_CONFIG, digest: DIGEST, size: 2 };
const LAYER = { mediaType: types.OCI_LAYER_GZIP, digest: DIGEST, size: 3 };
const MANIFEST = { schemaVersion: 2, mediaType: types.OCI_MANIFEST, config: CONFIG, layers: [LAYER] };
const INDEX = { schemaVersion: 2, manifests: [{ mediaType: types.OCI_MANIFEST, digest: DIGEST, size: 4 }] };

test('a manifest is read with the fields of the specification', () => {
  const annotations = { 'org.example': 'x' };
  const document = { ...MANIFEST, annotations, unknown: 1, layers: [{ ...LAYER, urls: ['https://x'], annotations }] };
  assert.equal(parseManifest(JSON.stringify(document), types.OCI_MANIFEST), {
    ...MANIFEST,
    annotations,
    layers: [{ ...LAYER, urls: ['https://x'], annotations }],
  });
});

test('an index is read with its platforms', () => {
  const platform = { os: 'linux', architecture: 'arm', variant: 'v7' };
  const manifests = [{ ...INDEX.manifests[0], platform }, INDEX.manifests[0]];
  assert.equal(parseIndex(Buffer.from(JSON.stringify({ ...INDEX, manifests }))), { ...INDEX, manifests });
});

test('null is the same as absent, as Go writes it', () => {
  const document = { ...MANIFEST, annotations: null, layers: [{ ...LAYER, urls: null, platform: null }] };
  assert.equal(parseManifest(JSON.stringify(document)), MANIFEST);
});

test('the media type is told from the fields where it is missing', () => {
  assert.is(mediaTypeOf(JSON.stringify(INDEX)), types.OCI_INDEX);
  assert.is(mediaTypeOf(JSON.stringify({ ...MANIFEST, mediaType: undefined })), types.OCI_MANIFEST);
  assert.is(mediaTypeOf(JSON.stringify({ ...MANIFEST, mediaType: types.DOCKER_MANIFEST })), types.DOCKER_MANIFEST);
});

const withLayer = (fields: object): object => ({ ...MANIFEST, layers: [LAYER, { ...LAYER, ...fields }] });

const INVALID: readonly (readonly [what: string, document: unknown, message: RegExp, announced?: string])[] = [
  ['text', 'no JSON', /manifest is not an object/],
  ['a list', [], /manifest is not an object/],
  ['null', null, /manifest is not an object/],
  ['no layers', { ...MANIFEST, layers: undefined }, /manifest\.layers is not a list/],
  ['no config', { ...MANIFEST, config: undefined }, /manifest\.config is not an object/],
  ['layers that are no objects', { ...MANIFEST, layers: [1] }, /manifest\.layers\[0\] is not an object/],
  ['a negative size', withLayer({ size: -1 }), /layers\[1\]\.size is not a non-negative integer/],
  ['a broken size', withLayer({ size: 1.5 }), /layers\[1\]\.size/],
  ['a text as size', withLayer({ size: '3' }), /layers\[1\]\.size/],
  ['a size beyond what numbers hold', withLayer({ size: 2 ** 60 }), /layers\[1\]\.size/],
  ['no size', withLayer({ size: undefined }), /layers\[1\]\.size/],
  ['a path as digest', withLayer({ digest: 'sha256:../../etc/passwd' }), /layers\[1\]\.digest is not a sha256 digest/],
  ['an upper-case digest', withLayer({ digest: DIGEST.toUpperCase() }), /layers\[1\]\.digest/],
  ['a long digest', withLayer({ digest: `${DIGEST}ab` }), /layers\[1\]\.digest/],
  [
    'numbers as annotations',
    { ...MANIFEST, annotations: { a: 1 } },
    /manifest\.annotations is not an object of strings/,
  ],
  ['an index', { ...INDEX, mediaType: types.OCI_INDEX }, /manifest\.mediaType/],
  ['an index announced as manifest', INDEX, /manifest\.config|both/, types.OCI_MANIFEST],
  ['another announcement', MANIFEST, /what it was announced as/, types.DOCKER_MANIFEST],
  ['an announced index', { ...MANIFEST, mediaType: undefined }, /manifest\.mediaType/, types.OCI_INDEX],
  [
    'GHSA-77vh-xpmg-72qh: both kinds in one',
    { ...MANIFEST, manifests: INDEX.manifests },
    /both a manifest and an index/,
  ],
  ['schema version 3', { ...MANIFEST, schemaVersion: 3 }, /schemaVersion is not 2/],
  ['no schema version', { ...MANIFEST, schemaVersion: undefined }, /schemaVersion is not 2/],
];

for (const [what, document, message, announced] of INVALID) {
  test(`a manifest with ${what} is refused`, () => {
    const error = thrownBy(() => parseManifest(JSON.stringify(document), announced));
    assert.is(error.code, 'INVALID');
    assert.match(error.message, message);
  });
}

test('what is not JSON or not UTF-8 is refused', () => {
  assert.match(thrownBy(() => parseManifest('{')).message, /manifest is not JSON/);
  assert.match(thrownBy(() => parseManifest(Buffer.from([0x22, 0xff, 0x22]))).message, /manifest is not JSON/);
});

test('an index that is a manifest too is refused', () => {
  assert.match(thrownBy(() => parseIndex(JSON.stringify({ ...INDEX, layers: [] }))).message, /both/);
  assert.match(thrownBy(() => parseIndex(JSON.stringify(MANIFEST))).message, /index\.mediaType/);
});

test('a document over the limit is refused before it is parsed', () => {
  assert.match(thrownBy(() => parseManifest(Buffer.alloc(MAX_MANIFEST_SIZE + 1))).message, /more than the limit/);
});

test('a manifest of schema version 1 says what to do', () => {
  const error = thrownBy(() => parseManifest('{"schemaVersion": 1, "fsLayers": []}'));
  assert.is(error.code, 'UNSUPPORTED');
  assert.ok(error.hint);
});

test('__proto__ in JSON is a field like any other', () => {
  const manifest = parseManifest(`{"annotations": {"__proto__": "x"}, ${JSON.stringify(MANIFEST).slice(1)}`);
  assert.equal(Object.keys(manifest.annotations ?? {}), ['__proto__']);
  assert.is(Object.getPrototypeOf({}), Object.prototype);
});

function thrownBy(action: () => unknown): TsbuildError {
  try {
    action();
  } catch (error) {
    if (error instanceof TsbuildError) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

test.run();
