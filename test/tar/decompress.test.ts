import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { decompress, detectCompression } from '../../src/tar/decompress.ts';
import { filterThrough } from '../../src/tar/program.ts';
import { collect, inPieces } from './samples.ts';

const test = suite('decompress');

const DATA = Buffer.concat([randomBytes(300_000), Buffer.alloc(700_000, 'text ')]);

function compressed(program: string, data = DATA): Buffer {
  return execFileSync(program, ['-c'], { input: data, maxBuffer: 1 << 28, stdio: 'pipe' });
}

async function codeOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'no error',
    (error: unknown) => (error instanceof TsbuildError ? error.code : String(error)),
  );
}

for (const program of ['gzip', 'zstd', 'bzip2', 'xz'] as const) {
  test(`${program}: told by its magic, in pieces, of several members`, async () => {
    const once = compressed(program);
    assert.is(detectCompression(once), program);
    assert.ok((await collect(decompress(inPieces(once, 60_000)))).equals(DATA));
    const twice = Buffer.concat([once, compressed(program, Buffer.from('more'))]);
    assert.ok((await collect(decompress(inPieces(twice, 60_000)))).equals(Buffer.concat([DATA, Buffer.from('more')])));
  });

  test(`${program}: damaged or cut off`, async () => {
    const bytes = compressed(program);
    const broken = Buffer.from(bytes).fill(0x55, 2000, 150_000);
    assert.is(await codeOf(collect(decompress(inPieces(broken, 60_000)))), 'INVALID');
    assert.is(await codeOf(collect(decompress(inPieces(bytes.subarray(0, 200_000), 60_000)))), 'INVALID');
  });

  test(`${program}: a bomb`, async () => {
    const bomb = compressed(program, Buffer.alloc(20_000_000));
    assert.is(await codeOf(collect(decompress(inPieces(bomb), { limit: 1_000_000 }))), 'INVALID');
    assert.is((await collect(decompress(inPieces(bomb), { limit: 20_000_000 }))).length, 20_000_000);
  });

  test(`${program}: stopping early, and an error of the source`, async () => {
    const bytes = compressed(program);
    for await (const _ of decompress(inPieces(bytes))) break;
    async function* failing(): AsyncGenerator<Buffer> {
      yield bytes.subarray(0, 1000);
      throw new Error('connection lost');
    }
    assert.is(await codeOf(collect(decompress(failing()))), 'Error: connection lost');
  });
}

test('what is not compressed passes, however short', async () => {
  for (const text of ['', 'B', 'BZ', 'plain text that is longer']) {
    const source = inPieces(Buffer.from(text), 1);
    assert.is((await collect(decompress(source))).toString(), text);
  }
});

test('magic bytes that come one by one', async () => {
  assert.is((await collect(decompress(inPieces(gzipSync('text'), 1)))).toString(), 'text');
});

test('a program that is not installed', async () => {
  const error = await collect(filterThrough('no-such-filter', [], inPieces(DATA))).catch((thrown: unknown) => thrown);
  assert.instance(error, TsbuildError);
  assert.is((error as TsbuildError).code, 'UNSUPPORTED');
  assert.match((error as TsbuildError).hint ?? '', 'no-such-filter');
});

test.run();
