import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import { type CacheDocument, chainsOf, formatCache, parseCache } from '../../src/cache/format.ts';
import { mergeCaches } from '../../src/cache/merge.ts';
import { keyOf } from '../../src/graph/keys.ts';
import { chainIds } from '../../src/oci/chain.ts';
import { OCI_LAYER_GZIP } from '../../src/oci/media-types.ts';

const test = suite('caches of strangers');

const OP = { kind: 'run', argv: ['make'], environment: ['A=1'] };
const BELOW = digestOf('what is below');
const DEFINITION = { op: OP, material: 'm', inputs: [digestOf('definition of what is below')] };
const CONTENT = { op: OP, material: 'm', inputs: [BELOW] };
const [DEFINITION_KEY, CONTENT_KEY] = [keyOf('definition', DEFINITION), keyOf('content', CONTENT)];

function layer(name: string, parent: number | null): CacheDocument['layers'][number] {
  const blob = { mediaType: OCI_LAYER_GZIP, digest: digestOf(`gzip of ${name}`), size: 10 };
  return { parent, diffId: digestOf(name), blob, created: 1000, made: { clampedTo: null } };
}

const DOCUMENT: CacheDocument = {
  layers: [layer('a', null), layer('b', 0), layer('c', 0)],
  results: [{ key: CONTENT_KEY, layer: 2, created: 1000, duration: 5, name: '[2/2] RUN make', preImage: CONTENT }],
  definitions: [{ key: DEFINITION_KEY, content: CONTENT_KEY, preImage: DEFINITION }],
};

type Loose = Record<string, unknown>;

/** The document with a change that its types do not allow. */
function changed(change: (document: { [key in keyof CacheDocument]: Loose[] } & Loose) => void): string {
  const copy = JSON.parse(JSON.stringify(formatCache(DOCUMENT)));
  change(copy);
  return JSON.stringify(copy);
}

test('what was written is read, and its chains are those of images', () => {
  assert.equal(parseCache(JSON.stringify(formatCache(DOCUMENT))), DOCUMENT);
  const [a, b, c] = DOCUMENT.layers.map(({ diffId }) => diffId) as [Digest, Digest, Digest];
  assert.equal(chainsOf(DOCUMENT.layers), [...chainIds([a, b]), chainIds([a, c])[1]]);
});

test('what a tree of files was is believed where it has the digest', () => {
  const [text, long] = ['[true]\n', 'x'.repeat(1024 * 1024)];
  const trees = { [digestOf(text)]: text, [digestOf('other')]: text };
  const read = parseCache(JSON.stringify(formatCache({ ...DOCUMENT, trees }))).trees;
  assert.equal(read, { [digestOf(text)]: text });
  const merged = mergeCaches([
    { ...DOCUMENT, trees: { [digestOf(long)]: long } },
    { ...DOCUMENT, trees: read },
  ]);
  assert.equal(merged.trees, read, 'there is no room for all of them');
});

const OTHER = digestOf('another key');

/** Changes after which a record is not believed: results and definitions that are left. */
const DROPPED: [what: string, change: Parameters<typeof changed>[0], results: number, definitions: number][] = [
  ['a result under another key', ({ results: [one = {}] }) => Object.assign(one, { key: OTHER }), 0, 0],
  ['a result with another pre-image', ({ results: [one = {}] }) => Object.assign(one, { preImage: DEFINITION }), 0, 0],
  ['a result without a pre-image', ({ results: [one = {}] }) => Object.assign(one, { preImage: null }), 0, 0],
  ['a key that is no digest', ({ results: [one = {}] }) => Object.assign(one, { key: '../../x' }), 0, 0],
  ['a result on a layer that is not there', ({ results: [one = {}] }) => Object.assign(one, { layer: 3 }), 0, 0],
  ['a result on a layer that is no number', ({ results: [one = {}] }) => Object.assign(one, { layer: '0' }), 0, 0],
  ['a definition under another key', ({ definitions: [one = {}] }) => Object.assign(one, { key: OTHER }), 1, 0],
  ['a definition that leads nowhere', ({ definitions: [one = {}] }) => Object.assign(one, { content: OTHER }), 1, 0],
  [
    'a definition that leads to the result of another step',
    ({ definitions: [one = {}] }) => {
      const preImage = { ...DEFINITION, material: 'other files' };
      Object.assign(one, { preImage, key: keyOf('definition', preImage) });
    },
    1,
    0,
  ],
];

for (const [what, change, results, definitions] of DROPPED) {
  test(`${what} is left out`, () => {
    const read = parseCache(changed(change));
    assert.equal([read.results.length, read.definitions.length], [results, definitions]);
  });
}

const REFUSED: [what: string, text: string, message: RegExp][] = [
  ['no JSON', '<html>', /not JSON/],
  ['another version', changed((document) => Object.assign(document, { version: 2 })), /cache\.version is not 1/],
  [
    'a layer over itself',
    changed(({ layers: [one = {}] }) => Object.assign(one, { parent: 0 })),
    /not an earlier layer/,
  ],
  ['a layer over a later one', changed(({ layers: [one = {}] }) => Object.assign(one, { parent: 2 })), /earlier/],
  [
    'a diffID that leads elsewhere',
    changed(({ layers: [one = {}] }) => Object.assign(one, { diffId: '../x' })),
    /sha256/,
  ],
  [
    'a blob of no size',
    changed(({ layers: [one = {}] }) => Object.assign(one, { blob: { mediaType: 'x', digest: OTHER } })),
    /size/,
  ],
];

for (const [what, text, message] of REFUSED) {
  test(`${what} is refused`, () => assert.throws(() => parseCache(text), message));
}

test('several caches become one: each layer of a stack, result and definition once', () => {
  const other: CacheDocument = {
    layers: [layer('x', null), layer('a', 0), layer('a', null)],
    results: [],
    definitions: [],
  };
  const merged = mergeCaches([DOCUMENT, other, DOCUMENT]);
  assert.equal(merged.layers, [...DOCUMENT.layers, layer('x', null), layer('a', 3)]);
  assert.equal([merged.results, merged.definitions], [DOCUMENT.results, DOCUMENT.definitions]);
  const moved = mergeCaches([other, DOCUMENT]);
  const [{ layer: top } = { layer: null }] = moved.results;
  assert.is(chainsOf(moved.layers)[top as number], chainsOf(DOCUMENT.layers)[2]);
  assert.equal(parseCache(JSON.stringify(formatCache(moved))), moved);
});

test.run();
