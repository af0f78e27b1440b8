import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { DIGEST_FILES } from '../../src/context/file-digests.ts';
import { DividedWork } from '../../src/threads/divided-work.ts';

const test = suite('work that threads divide');

/** Some milliseconds to digest, so that other threads are begun. */
const SIZE = 4 * 1024 * 1024;
const FILES = 8;
const PARTS = 64;

let directory: string;
let digests: string[];

test.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-threads-'));
  digests = Array.from({ length: FILES }, (_, file) => {
    const content = Buffer.alloc(SIZE, String(file));
    writeFileSync(join(directory, String(file)), content);
    return createHash('sha256').update(content).digest('hex');
  });
});
test.after(() => rmSync(directory, { recursive: true }));

const partOf = (part: number) => [join(directory, String(part % FILES))];

test('results arrive in the order of the parts, whoever made them', async () => {
  const found: string[] = [];
  const done = (result: Uint8Array) => found.push(Buffer.from(result).toString('hex'));
  const work = new DividedWork({ task: DIGEST_FILES, done });
  for (let part = 0; part < PARTS; part++) await work.add(partOf(part));
  await work.end();
  assert.equal(
    found,
    Array.from({ length: PARTS }, (_, part) => digests[part % FILES]),
  );
});

test('a part that fails fails here, with its own error, after those before it', async () => {
  let done = 0;
  const work = new DividedWork({ task: DIGEST_FILES, done: () => done++ });
  const missing = join(directory, 'missing');
  try {
    for (let part = 0; part < PARTS / 2; part++) await work.add(partOf(part));
    await work.add([missing]);
    await work.end();
    assert.unreachable();
  } catch (error) {
    const { code, path } = error as NodeJS.ErrnoException;
    assert.equal([code, path], ['ENOENT', missing]);
  } finally {
    await work.abandon();
  }
  assert.ok(done <= PARTS / 2);
});

test('work that is aborted ends with the reason, and nobody is at it any more', async () => {
  const controller = new AbortController();
  const work = new DividedWork({ task: DIGEST_FILES, done: () => undefined, signal: controller.signal });
  const reason = new Error('enough');
  try {
    for (let part = 0; part < PARTS; part++) {
      if (part === PARTS / 2) controller.abort(reason);
      await work.add(partOf(part));
    }
    assert.unreachable();
  } catch (error) {
    assert.is(error, reason);
  }
  await work.abandon();
});

test.run();
