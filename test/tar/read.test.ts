import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { readTar } from '../../src/tar/read.ts';
import { collect, inPieces, sample, writeSamples } from './samples.ts';

const test = suite('readTar');

const SAMPLES = [
  sample({ path: 'dir', type: 'directory' }),
  sample({ path: 'large' }, Buffer.alloc(100_000, 'L')),
  sample({ path: 'empty' }),
  sample({ path: 'small' }, 'small'),
];
const ARCHIVE = writeSamples(SAMPLES);

test('members and their content, in pieces of any size', async () => {
  for (const step of [1, 511, 70_000, ARCHIVE.length]) {
    const found: unknown[] = [];
    for await (const { entry, body } of readTar(inPieces(ARCHIVE, step))) {
      found.push({ entry, content: await collect(body) });
    }
    assert.equal(found, SAMPLES);
  }
});

test('content that is not read, or read in part, is skipped', async () => {
  const paths: string[] = [];
  for await (const { entry, body } of readTar(inPieces(ARCHIVE))) {
    paths.push(entry.path);
    if (entry.path === 'large') for await (const _ of body) break;
  }
  assert.equal(
    paths,
    SAMPLES.map(({ entry }) => entry.path),
  );
});

test('the source is read to its end, and closed where the reader stops early', async () => {
  const state = { read: 0, closed: false };
  async function* source(): AsyncGenerator<Buffer> {
    try {
      for (const chunk of [ARCHIVE, Buffer.alloc(3000), Buffer.from('behind')]) {
        state.read++;
        yield chunk;
      }
    } finally {
      state.closed = true;
    }
  }
  for await (const _ of readTar(source()));
  assert.equal(state, { read: 3, closed: true });
  Object.assign(state, { read: 0, closed: false });
  for await (const _ of readTar(source())) break;
  assert.equal(state, { read: 1, closed: true });
});

async function messageOf(work: Promise<unknown>): Promise<string> {
  return await work.then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

test('an error of the source or of the archive reaches who reads a body', async () => {
  async function* failing(): AsyncGenerator<Buffer> {
    yield ARCHIVE.subarray(0, 2000);
    throw new Error('connection lost');
  }
  async function readAll(source: AsyncIterable<Buffer>): Promise<void> {
    for await (const { body } of readTar(source)) await collect(body);
  }
  assert.is(await messageOf(readAll(failing())), 'connection lost');
  assert.match(await messageOf(readAll(inPieces(ARCHIVE.subarray(0, 2000)))), 'ends too early');
});

test.run();
