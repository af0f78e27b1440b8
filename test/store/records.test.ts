import { existsSync, mkdirSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { digestOf, hexOf } from '../../src/base/digest.ts';
import { codeOf, withStore } from './fixture.ts';

const test = suite('RecordStore');

const KEY = hexOf(digestOf('key'));

test('values by kind and key', async () => {
  await withStore(async ({ records }) => {
    assert.is(records.get('vertex', KEY), undefined);
    records.put('vertex', KEY, { layers: ['a', null, 1.5], text: 'grün' });
    records.put('other', KEY, 'same key');
    assert.equal(records.get('vertex', KEY), { layers: ['a', null, 1.5], text: 'grün' });
    records.put('vertex', KEY, []);
    assert.equal(records.get('vertex', KEY), []);
    records.remove('vertex', KEY);
    records.remove('vertex', KEY);
    assert.is(records.get('vertex', KEY), undefined);
    assert.is(records.get('other', KEY), 'same key');
  });
});

test('a damaged record is absent, and gone', async () => {
  await withStore(async ({ records }) => {
    for (const damage of ['', '{"half":', '\0\0\0\0']) {
      records.put('vertex', KEY, { whole: true });
      writeFileSync(records.path('vertex', KEY), damage);
      assert.is(records.get('vertex', KEY), undefined);
      assert.not(existsSync(records.path('vertex', KEY)));
    }
  });
});

test('all keys of a kind, and nothing else that lies there', async () => {
  await withStore(async ({ records }) => {
    assert.equal([...records.keys('vertex')], []);
    const keys = Array.from({ length: 300 }, (_, i) => hexOf(digestOf(String(i)))).sort();
    for (const key of keys) records.put('vertex', key, key);
    records.put('other', KEY, 1);
    const shard = dirname(records.path('vertex', keys[0] as string));
    writeFileSync(`${shard}/.tmp-1`, '');
    writeFileSync(`${dirname(shard)}/stray.json`, '');
    mkdirSync(`${dirname(shard)}/zz`);
    assert.equal([...records.keys('vertex')].sort(), keys);
  });
});

test('touch says when a record was used', async () => {
  await withStore(async ({ records }) => {
    records.touch('vertex', KEY);
    records.put('vertex', KEY, 1);
    utimesSync(records.path('vertex', KEY), 1000, 1000);
    records.touch('vertex', KEY);
    assert.ok(Date.now() - statSync(records.path('vertex', KEY)).mtimeMs < 10_000);
  });
});

for (const [kind, key] of [
  ['../x', KEY],
  ['content', KEY],
  ['s', KEY],
  ['tmp', KEY],
  ['', KEY],
  ['vertex', '../../../etc/passwd'],
  ['vertex', 'ABCDEF0123456789'],
  ['vertex', 'short'],
  ['vertex', ''],
] as const) {
  test(`refuses ${JSON.stringify([kind, key])}`, async () => {
    await withStore(async ({ records }) => {
      assert.is(await codeOf(() => records.get(kind, key)), 'INTERNAL');
      assert.is(await codeOf(() => records.put(kind, key, 1)), 'INTERNAL');
    });
  });
}

test('sources of a blob: the most recent first, each once, not without end', async () => {
  await withStore(async ({ sources, records }) => {
    const digest = digestOf('layer');
    assert.equal(sources.sourcesOf(digest), []);
    for (const name of ['a', 'b', 'c', 'a', 'a']) sources.remember(digest, { reference: name });
    assert.equal(
      sources.sourcesOf(digest).map((source) => 'reference' in source && source.reference),
      ['a', 'c', 'b'],
    );
    for (let i = 0; i < 20; i++) sources.remember(digest, { reference: `r${i}` });
    assert.is(sources.sourcesOf(digest).length, 8);
    assert.equal(sources.sourcesOf(digest)[0], { reference: 'r19' });
    records.put('sources', hexOf(digest), { of: 'another version' });
    assert.equal(sources.sourcesOf(digest), []);
    sources.forget(digest);
    assert.is(records.get('sources', hexOf(digest)), undefined);
  });
});

test.run();
