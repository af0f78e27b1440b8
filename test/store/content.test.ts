import { createHash } from 'node:crypto';
import { readdirSync, rmSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Digest, digestOf } from '../../src/base/digest.ts';
import type { ExpectedBlob } from '../../src/store/blob-writer.ts';
import type { Store } from '../../src/store/open.ts';
import { blobUsage } from '../../src/store/usage.ts';
import { collect, inPieces } from '../tar/samples.ts';
import { codeOf, withStore } from './fixture.ts';

const test = suite('ContentStore');

const DATA = Buffer.alloc(3_000_000, 'blob ');
const DIGEST = digestOf(DATA);
const ABSENT = digestOf('absent');

function filesIn({ layout }: Store): string[] {
  return [...readdirSync(layout.blobs), ...readdirSync(layout.ingest)];
}

test('a blob is there after its commit, and not before', async () => {
  await withStore(async (store) => {
    const writer = store.content.writer();
    for await (const chunk of inPieces(DATA, 100_000)) writer.write(chunk);
    assert.not(store.content.has(DIGEST));
    assert.equal(await writer.commit(), { digest: DIGEST, size: DATA.length });
    assert.is(store.content.size(DIGEST), DATA.length);
    assert.ok((await collect(store.content.read(DIGEST))).equals(DATA));
    assert.ok((await collect(store.content.readVerified(DIGEST))).equals(DATA));
    assert.ok(store.content.readBytes(DIGEST).equals(DATA));
    assert.equal(filesIn(store), [createHash('sha256').update(DATA).digest('hex')]);
  });
});

test('writing what is there already', async () => {
  await withStore(async (store) => {
    await Promise.all([1, 2, 3].map(() => store.content.writeStream(inPieces(DATA, 100_000), { digest: DIGEST })));
    assert.is(filesIn(store).length, 1);
  });
});

const MISMATCHES: readonly (readonly [string, ExpectedBlob])[] = [
  ['another digest', { digest: ABSENT }],
  ['fewer bytes', { size: DATA.length - 1 }],
  ['more bytes', { size: DATA.length + 1 }],
];

for (const [name, expected] of MISMATCHES) {
  test(`${name} than expected leave nothing`, async () => {
    await withStore(async (store) => {
      assert.is(await codeOf(() => store.content.writeStream(inPieces(DATA, 100_000), expected)), 'INVALID');
      assert.equal(filesIn(store), []);
    });
  });
}

for (const [name, size] of [
  ['as it is', DATA.length],
  ['that ends too early', DATA.length + 1],
  ['that does not end', DATA.length - 1],
] as const) {
  test(`a stream that verifies itself, ${name}`, async () => {
    await withStore(async (store) => {
      const write = () => store.content.writeVerified(inPieces(DATA, 700_001), { digest: DIGEST, size });
      if (size === DATA.length) {
        assert.equal(await write(), { digest: DIGEST, size });
        assert.ok((await collect(store.content.readVerified(DIGEST))).equals(DATA));
      } else {
        assert.is(await codeOf(write), 'INVALID');
        assert.equal(filesIn(store), []);
      }
    });
  });
}

test('a stream that fails leaves nothing', async () => {
  await withStore(async (store) => {
    async function* failing(): AsyncGenerator<Buffer> {
      yield DATA;
      throw new Error('connection lost');
    }
    assert.is(await codeOf(() => store.content.writeStream(failing())), 'Error: connection lost');
    assert.equal(filesIn(store), []);
  });
});

test('abort leaves nothing, and does nothing after a commit', async () => {
  await withStore(async (store) => {
    const aborted = store.content.writer();
    aborted.write(DATA);
    aborted.abort();
    assert.is(await codeOf(() => aborted.commit()), 'INTERNAL');
    const committed = store.content.writer();
    committed.write(DATA);
    await committed.commit();
    committed.abort();
    assert.ok(store.content.has(DIGEST));
    assert.is(filesIn(store).length, 1);
  });
});

test('blobs that are not here', async () => {
  await withStore(async ({ content }) => {
    assert.is(content.size(ABSENT), undefined);
    assert.is(await codeOf(() => content.read(ABSENT)), 'NOT_FOUND');
    assert.is(await codeOf(() => content.readBytes(ABSENT)), 'NOT_FOUND');
    content.remove(ABSENT);
  });
});

test('a digest cannot name another file', async () => {
  await withStore(async ({ content }) => {
    for (const digest of ['sha256:../../index.json', `sha256:${'A'.repeat(64)}`, 'sha512:0'] as Digest[]) {
      assert.is(await codeOf(() => content.read(digest)), 'INVALID');
    }
  });
});

test('a damaged blob is noticed, and replaced when it is written again', async () => {
  await withStore(async ({ content }) => {
    await content.writeBytes(DATA);
    writeFileSync(content.path(DIGEST), Buffer.from(DATA).fill('x', 100, 101));
    assert.is(await codeOf(() => content.readBytes(DIGEST)), 'STORE');
    assert.is(await codeOf(() => collect(content.readVerified(DIGEST))), 'STORE');
    await content.writeBytes(DATA);
    assert.ok(content.readBytes(DIGEST).equals(DATA));
  });
});

test('a limit for what is read into memory', async () => {
  await withStore(async ({ content }) => {
    await content.writeBytes(DATA);
    assert.is(await codeOf(() => content.readBytes(DIGEST, DATA.length - 1)), 'INVALID');
  });
});

test('an open session takes the blobs that are being written', async () => {
  await withStore(async ({ content, sessions }) => {
    const session = await sessions.open();
    const writer = content.writer();
    writer.write(DATA);
    assert.is(readdirSync(session.directory).length, 1);
    await writer.commit();
    assert.is(readdirSync(session.directory).length, 0);
    await session.close();
  });
});

test('usage', async () => {
  await withStore(async ({ content, layout }) => {
    const before = Date.now() - 1000;
    const expected = new Map<string, number>();
    for (let i = 0; i < 100; i++) expected.set((await content.writeBytes(DATA.subarray(0, i))).digest, i);
    writeFileSync(`${layout.blobs}/.stray`, '');
    const found = new Map<string, number>();
    for await (const { digest, size, writtenAt } of blobUsage(layout)) {
      found.set(digest, size);
      assert.ok(writtenAt >= before);
    }
    assert.equal([...found].sort(), [...expected].sort());
    rmSync(layout.blobs, { recursive: true });
    for await (const _ of blobUsage(layout)) assert.unreachable();
  });
});

test.run();
