import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import { OCI_LAYER } from '../../src/oci/media-types.ts';
import { Snapshots } from '../../src/snapshot/snapshots.ts';

const test = suite('snapshots');

let root: string;

test.before.each(() => {
  root = mkdtempSync(join(tmpdir(), 'tsbuild-snapshots-'));
});

test.after.each(() => rmSync(root, { recursive: true, force: true }));

/** The store as another process sees it: with nothing remembered. */
function open({ singleUid = false } = {}): Snapshots {
  return new Snapshots({ root, temporary: () => join(root, 'tmp'), userXattrs: false, singleUid });
}

function originOf(name: string): { descriptor: { mediaType: string; digest: Digest; size: number }; diffId: Digest } {
  return { descriptor: { mediaType: OCI_LAYER, digest: digestOf(name), size: 1 }, diffId: digestOf(name) };
}

const layerIn = (snapshots: Snapshots, name: string, parent: string | null = null) =>
  snapshots.ofImageLayer(parent, digestOf(`chain ${name}`), originOf(name));

function commit(snapshots: Snapshots, name: string, parent: string | null = null): string {
  const draft = snapshots.draft(parent);
  writeFileSync(join(draft.fs, name), name);
  return snapshots.commit(draft, { opaque: [] });
}

test('the same stack of an image is the same snapshot, for every process', () => {
  const base = layerIn(open(), 'base');
  assert.is(layerIn(open(), 'base'), base);
  assert.is(layerIn(open(), 'top', base), layerIn(open(), 'top', base));
  assert.is.not(layerIn(open(), 'top', commit(open(), 'other')), layerIn(open(), 'top', base));
});

test('of two processes that unpack a layer one wins, and both see it whole', async () => {
  const [one, two] = [open(), open()];
  const id = layerIn(one, 'base');
  for (const snapshots of [one, two]) {
    assert.not(snapshots.unpacked(id));
  }
  const drafts = [one, two].map((snapshots) => {
    const draft = snapshots.draft(null);
    mkdirSync(join(draft.fs, 'd'));
    return { snapshots, draft };
  });
  for (const { snapshots, draft } of drafts) snapshots.fill(id, draft, { opaque: ['d'] });
  for (const snapshots of [one, two, open()]) {
    assert.equal(snapshots.meta(id)?.opaque, ['d']);
    assert.ok((await snapshots.view(id)).lookup('d'));
  }
  assert.equal(readdirSync(join(root, 'tmp')), []);
});

test('what one process notes of a snapshot another one does not undo', () => {
  const [one, two] = [open(), open()];
  const id = commit(one, 'a');
  assert.ok(two.meta(id));
  const packed = { '': { diffId: digestOf('tar'), size: 1 } };
  one.update(id, { packed });
  two.update(id, { opaque: ['x'] });
  assert.equal([open().meta(id)?.packed, open().meta(id)?.opaque], [packed, ['x']]);
});

test('a snapshot without its record, or with a damaged one, is none', () => {
  const base = layerIn(open(), 'base');
  const top = commit(open(), 'top', base);
  assert.ok(open().complete(top));
  const metaPath = join(root, 's', base, 'meta.json');
  const whole = readFileSync(metaPath);
  for (const content of ['', '\0\0\0', '{"parent":']) {
    writeFileSync(metaPath, content);
    assert.not(open().complete(top));
    assert.throws(() => open().chain(top), `snapshot ${base} is missing`);
  }
  const again = layerIn(open(), 'base');
  assert.is.not(again, base);
  writeFileSync(metaPath, whole);
  assert.ok(open().complete(top));
  rmSync(metaPath);
  assert.not(open().complete(top));
});

test('layers of a user namespace of a single id are none where owners are kept, and the other way round', () => {
  for (const singleUid of [true, false]) {
    const [here, elsewhere] = [() => open({ singleUid }), () => open({ singleUid: !singleUid })];
    const name = `base ${singleUid}`;
    const base = layerIn(here(), name);
    const top = commit(here(), 'top', base);
    assert.equal([here().complete(top), elsewhere().complete(top)], [true, false]);
    assert.is.not(layerIn(elsewhere(), name), base);
  }
});

test('a draft that is discarded leaves nothing', () => {
  const snapshots = open();
  const draft = snapshots.draft(null);
  writeFileSync(join(draft.fs, 'f'), '');
  snapshots.discard(draft);
  assert.not(existsSync(draft.directory));
});

test.run();
