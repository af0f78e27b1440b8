import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { tsbuildEntry } from '../../fixtures/tsbuild.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('the cache of compiled code');

/** A workplace with a cache directory of its own. */
class CodePlace extends Workplace {
  readonly cache = this.at('xdg');
  readonly code = this.at('xdg/tsbuild');

  version(env: Record<string, string> = {}): Promise<string> {
    return this.ok(['version'], { env: { XDG_CACHE_HOME: this.cache, ...env } });
  }

  /** The one file that `version` leaves. */
  get file(): string {
    const [name = '', ...others] = readdirSync(this.code);
    assert.equal(others, []);
    return `${this.code}/${name}`;
  }
}

let place: CodePlace;
test.before.each(() => {
  place = new CodePlace();
});
test.after.each(() => place.remove());

test('the executable is what is tested', () => {
  assert.match(tsbuildEntry().at(-1) ?? '', /\/dist\/tsbuild\.cjs$/);
});

test('it is written in the first two runs that need it, for the user alone, and then read', async () => {
  const stamps = [];
  for (let run = 0; run < 4; run++) {
    await place.version();
    stamps.push(statSync(place.file).ino);
  }
  assert.is(new Set(stamps).size, 2);
  assert.is(stamps[1], stamps[3]);
  assert.is(statSync(place.code).mode & 0o777, 0o700);
  assert.is(statSync(place.file).mode & 0o777, 0o600);
});

test('of many files the oldest go', async () => {
  await place.version();
  for (let index = 0; index < 30; index++) {
    const path = `${place.code}/program-of-version-${index}`;
    writeFileSync(path, '');
    utimesSync(path, index, index);
  }
  await place.version();
  const left = readdirSync(place.code);
  assert.is(left.length, 20);
  assert.ok(left.includes('program-of-version-29') && !left.includes('program-of-version-10'), left.join(' '));
});

const DAMAGES: [what: string, damage: (file: string) => void][] = [
  ['a byte of its code', (file) => writeFileSync(file, flipped(readFileSync(file), -1000))],
  ['its first line', (file) => writeFileSync(file, flipped(readFileSync(file), 1))],
  ['its length', (file) => writeFileSync(file, readFileSync(file).subarray(0, 5000))],
  ['everything', (file) => writeFileSync(file, '')],
];

function flipped(content: Buffer, at: number): Buffer {
  const index = (at + content.length) % content.length;
  content[index] = (content[index] as number) ^ 0x10;
  return content;
}

for (const [what, damage] of DAMAGES) {
  test(`where ${what} is damaged, it is made anew`, async () => {
    const said = await place.version();
    const { size } = statSync(place.file);
    damage(place.file);
    const damaged = readFileSync(place.file);
    assert.is(await place.version(), said);
    assert.not.equal(readFileSync(place.file), damaged);
    assert.ok(statSync(place.file).size > size / 2);
  });
}

const UNSAFE: [what: string, prepare: () => void][] = [
  ['others may write to', () => chmodSync(place.code, 0o777)],
  ['others may look into', () => chmodSync(place.code, 0o755)],
  ['is below one that others may write to', () => chmodSync(place.cache, 0o777)],
  ['is two below one that others may write to', () => chmodSync(place.at(), 0o777)],
];

for (const [what, prepare] of UNSAFE) {
  test(`a directory that ${what} is not used`, async () => {
    await place.version();
    const before = statSync(place.file);
    prepare();
    await place.version();
    const after = statSync(place.file);
    assert.equal([after.ino, after.atimeMs], [before.ino, before.atimeMs]);
  });
}

test('a link in the place of the directory is not followed', async () => {
  mkdirSync(place.at('elsewhere'), { mode: 0o700 });
  mkdirSync(place.cache, { mode: 0o700 });
  symlinkSync(place.at('elsewhere'), place.code);
  await place.version();
  assert.equal(readdirSync(place.at('elsewhere')), []);
});

const NOWHERE: [what: string, env: Record<string, string>][] = [
  ['without a home directory', { HOME: '', XDG_CACHE_HOME: '' }],
  ['where the directory cannot be made', { XDG_CACHE_HOME: '/proc/self' }],
  ['where Node is told to keep none', { NODE_DISABLE_COMPILE_CACHE: '1' }],
];

for (const [what, env] of NOWHERE) {
  test(`${what} there is none, and no error`, async () => {
    assert.match(await place.version(env), /^tsbuild /);
    assert.throws(() => statSync(place.code), /ENOENT/);
  });
}

test.run();
