import fs, {
  chmodSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { parseIgnoreFile } from '../../src/base/ignore.ts';
import { sha256File } from '../../src/context/file-digests.ts';
import { isRacy, StatCache } from '../../src/context/stat-cache.ts';
import { ContextSource, type LocalRecords } from '../../src/ops/context-source.ts';
import { entryOf } from '../../src/snapshot/tree.ts';

const test = suite('files that are not read again');

/** Longer than the tick of any clock that files get their times from. */
const settled = () => new Promise((done) => setTimeout(done, 120));

class Place {
  readonly directory = mkdtempSync(join(tmpdir(), 'tsbuild-stat-'));
  readonly context = join(this.directory, 'context');
  readonly records = new Map<string, unknown>();

  constructor() {
    mkdirSync(this.context);
    for (const name of ['a', 'b', 'c']) this.write(name, name);
  }

  static async with(work: (place: Place) => Promise<void>): Promise<void> {
    const place = new Place();
    try {
      await work(place);
    } finally {
      rmSync(place.directory, { recursive: true, force: true });
    }
  }

  write(name: string, content: string): void {
    writeFileSync(join(this.context, name), content);
  }

  entry(name: string) {
    const path = join(this.context, name);
    return entryOf(lstatSync(path), path);
  }

  /** The digest of a COPY of everything, as a new process finds it, and the files that it opened for that. */
  async select(ignoreText = ''): Promise<{ digest: string; read: string[] }> {
    const records: LocalRecords = {
      get: (kind, key) => this.records.get(`${kind} ${key}`),
      put: (kind, key, value) => this.records.set(`${kind} ${key}`, value),
    };
    const rules = parseIgnoreFile(ignoreText);
    const source = new ContextSource({ directory: this.context, rules, ignoreText, records, state: this.directory });
    const { result, opened } = await watchingOpens(() => source.select({ patterns: ['.'] }));
    const inContext = opened.filter((path) => path.startsWith(`${this.context}/`));
    return { digest: result.digest, read: inContext.map((path) => path.slice(this.context.length + 1)) };
  }
}

/** The files that are opened meanwhile, by anybody in this process. */
async function watchingOpens<T>(work: () => Promise<T>): Promise<{ result: T; opened: string[] }> {
  const opened: string[] = [];
  const { openSync } = fs;
  fs.openSync = (path, ...rest) => {
    opened.push(String(path));
    return openSync(path, ...rest);
  };
  syncBuiltinESMExports();
  try {
    return { result: await work(), opened };
  } finally {
    fs.openSync = openSync;
    syncBuiltinESMExports();
  }
}

test('nothing is read twice', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    assert.equal(first.read, ['a', 'b', 'c']);
    assert.equal(await place.select(), { digest: first.digest, read: [] });
  }));

test('only what changed is read', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    place.write('b', 'other');
    await settled();
    const second = await place.select();
    assert.equal(second.read, ['b']);
    assert.is.not(second.digest, first.digest);
    assert.equal((await place.select()).read, []);
  }));

test('a new time is a reason to read, and none for another digest', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    utimesSync(join(place.context, 'a'), 5, 5);
    await settled();
    assert.equal(await place.select(), { digest: first.digest, read: ['a'] });
  }));

test('content that is replaced under the old size and time is seen', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    const { mtimeMs } = place.entry('a');
    place.write('a', 'A');
    utimesSync(join(place.context, 'a'), mtimeMs / 1000, mtimeMs / 1000);
    assert.is.not((await place.select()).digest, first.digest);
    place.write('new', 'B');
    utimesSync(join(place.context, 'new'), mtimeMs / 1000, mtimeMs / 1000);
    renameSync(join(place.context, 'new'), join(place.context, 'b'));
    assert.ok((await place.select()).read.includes('b'));
  }));

test('a file that was written a moment ago is read again', () =>
  Place.with(async (place) => {
    await settled();
    await place.select();
    place.write('a', 'x');
    assert.ok((await place.select()).read.includes('a'));
    assert.ok((await place.select()).read.includes('a'));
    await settled();
    assert.ok((await place.select()).read.includes('a'));
    assert.equal((await place.select()).read, []);
  }));

test('a mode is part of the digest and no reason to trust what was read', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    chmodSync(join(place.context, 'a'), 0o600);
    await settled();
    assert.is.not((await place.select()).digest, first.digest);
  }));

test('another ignore file selects anew and reads nothing that is known', () =>
  Place.with(async (place) => {
    await settled();
    const first = await place.select();
    const second = await place.select('a');
    assert.equal(second.read, []);
    assert.is.not(second.digest, first.digest);
    assert.equal(await place.select(), { digest: first.digest, read: [] });
  }));

test('a damaged or missing cache only costs time', () =>
  Place.with(async (place) => {
    await settled();
    const path = join(place.directory, 'cache');
    const cache = await StatCache.load(path);
    for (const name of ['a', 'b', '\xff']) {
      cache.put(name, place.entry('a'), sha256File(join(place.context, 'a')), Date.now());
    }
    await cache.save();
    assert.equal((await StatCache.load(path)).get('\xff', place.entry('a')), sha256File(join(place.context, 'a')));
    assert.is((await StatCache.load(path)).get('a', place.entry('b')), undefined);
    const whole = readFileSync(path);
    for (const damage of [
      whole.subarray(0, -1),
      whole.subarray(0, 20),
      Buffer.alloc(0),
      Buffer.from('TSBSTAT9'),
      flipped(whole),
    ]) {
      writeFileSync(path, damage);
      assert.is((await StatCache.load(path)).get('a', place.entry('a')), undefined);
    }
  }));

function flipped(whole: Buffer): Buffer {
  const copy = Buffer.from(whole);
  copy[30] = (copy[30] ?? 0) ^ 1;
  return copy;
}

/** Times of a file and of the look at it, in milliseconds, and whether the file may yet change unseen. */
const RACES: readonly (readonly [mtimeMs: number, ctimeMs: number, observed: number, isRacy: boolean])[] = [
  [1000.5, 1000.5, 1010, true],
  [1000.5, 1000.5, 2000, false],
  [5.5, 1999.5, 2000, true],
  [1000, 1000, 2500, true],
  [1000, 1000, 3500, false],
  [9000.5, 9000.5, 2000, true],
];

for (const [mtimeMs, ctimeMs, observed, expected] of RACES) {
  test(`a file of ${mtimeMs} and ${ctimeMs}, looked at in ${observed}`, () =>
    Place.with(async (place) => {
      assert.is(isRacy({ ...place.entry('a'), mtimeMs, ctimeMs }, observed), expected);
    }));
}

test.run();
