import { execFileSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { gunzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { gzip } from '../../src/tar/gzip.ts';
import { collect, inPieces } from './samples.ts';

const test = suite('gzip');

const MIB = 1024 * 1024;

/** Text that compresses, the same in every run. */
function prose(size: number): Buffer {
  const words = Array.from({ length: 500 }, (_, i) =>
    createHash('sha256')
      .update(String(i))
      .digest('base64')
      .slice(0, 3 + (i % 9)),
  );
  let text = '';
  for (let i = 1; text.length < size; i = (i * 48_271) % 2_147_483_647) text += `${words[i % 500]} `;
  return Buffer.from(text.slice(0, size));
}

const LARGE = prose(5 * MIB + 12_345);

for (const size of [0, 1, 1000, MIB - 1, MIB, MIB + 1, 2 * MIB, LARGE.length]) {
  test(`one member that gunzip reads, of ${size} bytes`, async () => {
    const data = LARGE.subarray(0, size);
    const compressed = await collect(gzip(inPieces(data, 100_000)));
    assert.ok(gunzipSync(compressed).equals(data));
    assert.ok(execFileSync('gzip', ['-dc'], { input: compressed, maxBuffer: 1 << 28 }).equals(data));
  });
}

test('data that does not compress', async () => {
  const data = randomBytes(2 * MIB + 7);
  const compressed = await collect(gzip(inPieces(data, MIB)));
  assert.ok(gunzipSync(compressed).equals(data));
  assert.ok(compressed.length < data.length + 2048);
});

test('the same bytes however the input is cut, and nearly as small as in one piece', async () => {
  const all = await collect(gzip(inPieces(LARGE, LARGE.length)));
  const cut = await collect(gzip(inPieces(LARGE, 8191)));
  assert.ok(all.equals(cut));
  const single = execFileSync('gzip', ['-4', '-n', '-c'], { input: LARGE, maxBuffer: 1 << 28 });
  assert.ok(all.length < single.length * 1.1);
});

test('the header tells nothing of time and machine', async () => {
  const compressed = await collect(gzip(inPieces(LARGE.subarray(0, 10))));
  assert.is(compressed.subarray(0, 10).toString('hex'), '1f8b08000000000000ff');
});

test('a higher level is smaller', async () => {
  const fast = await collect(gzip(inPieces(LARGE, MIB), { level: 1 }));
  const small = await collect(gzip(inPieces(LARGE, MIB), { level: 9 }));
  assert.ok(small.length < fast.length);
  assert.ok(gunzipSync(small).equals(LARGE));
});

test('the error of the source comes through, and stopping early closes the source', async () => {
  let closed = false;
  async function* source(): AsyncGenerator<Buffer> {
    try {
      yield LARGE.subarray(0, 2 * MIB);
      throw new Error('disk on fire');
    } finally {
      closed = true;
    }
  }
  const message = await collect(gzip(source())).catch((error: Error) => error.message);
  assert.is(message, 'disk on fire');
  closed = false;
  let seen = 0;
  for await (const _ of gzip(endless())) if (++seen === 3) break;
  assert.ok(closed);

  async function* endless(): AsyncGenerator<Buffer> {
    try {
      for (;;) yield LARGE.subarray(0, MIB);
    } finally {
      closed = true;
    }
  }
});

test.run();
