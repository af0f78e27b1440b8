import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { TarWriter } from '../../src/tar/writer.ts';
import { parseSamples, sample, writeSamples } from './samples.ts';

const test = suite('TarWriter');

function isChanged(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'CHANGED';
}

test('a file that grew', () => {
  const writer = new TarWriter(() => undefined);
  writer.header(sample({ size: 3 }).entry);
  assert.throws(() => writer.data(Buffer.from('four')), isChanged);
});

test('a file that shrank', () => {
  for (const next of [(writer: TarWriter) => writer.end(), (writer: TarWriter) => writer.header(sample().entry)]) {
    const writer = new TarWriter(() => undefined);
    writer.header(sample({ size: 3 }).entry);
    writer.data(Buffer.from('tw'));
    assert.throws(() => next(writer), isChanged);
  }
});

test('whole blocks, and two of zeros at the end', () => {
  for (const size of [0, 1, 511, 512, 513, 40_000, 300_000]) {
    const archive = writeSamples([sample({}, Buffer.alloc(size, 'x'))]);
    assert.is(archive.length, 512 + Math.ceil(size / 512) * 512 + 1024);
    assert.ok(archive.subarray(-1024).every((byte) => byte === 0));
  }
});

test('small pieces are gathered; what was emitted does not change afterwards', () => {
  const chunks: Buffer[] = [];
  const copies: Buffer[] = [];
  const writer = new TarWriter((chunk) => {
    chunks.push(chunk);
    copies.push(Buffer.from(chunk));
  });
  const samples = Array.from({ length: 2000 }, (_, i) => sample({ path: `f${i}` }, Buffer.alloc(i % 900, i % 250)));
  samples.push(sample({ path: 'large' }, Buffer.alloc(100_000, 'L')));
  for (const { entry, content } of samples) {
    writer.header(entry);
    writer.data(content);
  }
  writer.end();
  assert.equal(chunks, copies);
  assert.ok(chunks.length < 20);
  assert.equal(parseSamples(Buffer.concat(chunks)), samples);
});

test.run();
