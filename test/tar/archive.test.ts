import { execFileSync } from 'node:child_process';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type ArchiveMember, packArchive } from '../../src/tar/archive.ts';
import { collect, inPieces, parseSamples } from './samples.ts';

const test = suite('packArchive');

const LARGE = Buffer.alloc(3_000_000, 'blob');

function members(): ArchiveMember[] {
  return [
    { name: 'oci-layout', type: 'file', content: Buffer.from('{"imageLayoutVersion":"1.0.0"}') },
    { name: 'blobs', type: 'directory' },
    { name: 'blobs/large', type: 'file', size: LARGE.length, content: inPieces(LARGE, 100_000) },
    { name: 'empty', type: 'file', size: 0, content: inPieces(Buffer.alloc(0)) },
  ];
}

test('buffers and streams, read by our parser and by GNU tar', async () => {
  const archive = await collect(packArchive(members(), { mtime: 86_400 }));
  const found = parseSamples(archive).map(({ entry, content }) => [
    entry.path,
    entry.type,
    content.length,
    entry.mtime,
  ]);
  assert.equal(found, [
    ['oci-layout', 'file', 30, 86_400],
    ['blobs', 'directory', 0, 86_400],
    ['blobs/large', 'file', LARGE.length, 86_400],
    ['empty', 'file', 0, 86_400],
  ]);
  const listing = execFileSync('tar', ['-t', '-f', '-'], { input: archive }).toString();
  assert.is(listing, 'oci-layout\nblobs/\nblobs/large\nempty\n');
});

test('the same members make the same bytes', async () => {
  assert.ok((await collect(packArchive(members()))).equals(await collect(packArchive(members()))));
});

async function messageOf(source: AsyncIterable<Buffer>): Promise<string> {
  return await collect(source).then(
    () => 'no error',
    (error: Error) => error.message,
  );
}

for (const size of [2_999_999, 3_000_001]) {
  test(`a stream that is not the ${size} bytes it should be`, async () => {
    const wrong: ArchiveMember[] = [{ name: 'blob', type: 'file', size, content: inPieces(LARGE, 100_000) }];
    assert.match(await messageOf(packArchive(wrong)), 'blob');
  });
}

test('an error of a content or of the list of members comes through', async () => {
  async function* failing<T>(first: T): AsyncGenerator<T> {
    yield first;
    throw new Error('blob is gone');
  }
  const content = failing(Buffer.from('ab'));
  assert.is(await messageOf(packArchive([{ name: 'a', type: 'file', size: 5, content }])), 'blob is gone');
  assert.is(await messageOf(packArchive(failing<ArchiveMember>({ name: 'd', type: 'directory' }))), 'blob is gone');
});

test('stopping early', async () => {
  for await (const _ of packArchive(members())) break;
});

test.run();
