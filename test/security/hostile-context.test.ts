import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { TsbuildError } from '../../src/base/error.ts';
import { readInput } from '../../src/build/input.ts';
import { table } from '../../src/cli/table.ts';

const test = suite('a context or image from a stranger');

let directory = '';

test.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-test-'));
  mkdirSync(join(directory, 'context'));
  writeFileSync(join(directory, 'secret'), 'root:x:0:0\n');
});

test.after.each(() => rmSync(directory, { recursive: true }));

const at = (name: string) => join(directory, 'context', name);
const fifo = (name: string) => execFileSync('mkfifo', [at(name)]);
/** Makes something beside a build file that is as it should be. */
const beside = (make: () => void) => () => {
  writeFileSync(at('Dockerfile'), 'FROM scratch\n');
  make();
};

const REFUSED: [name: string, make: () => void, message: RegExp][] = [
  ['a build file that is a fifo', () => fifo('Dockerfile'), /build file .* is not a regular file/],
  ['a build file that is a device', () => symlinkSync('/dev/zero', at('Dockerfile')), /leads out of the build context/],
  ['a build file that links out', () => symlinkSync('../secret', at('Dockerfile')), /leads out of the build context/],
  ['a build file that is a directory', () => mkdirSync(at('Dockerfile')), /is a directory/],
  ['a huge build file', () => execFileSync('truncate', ['-s', '3G', at('Dockerfile')]), /3221225472 bytes, more than/],
  ['an ignore file that is a fifo', beside(() => fifo('.dockerignore')), /ignore file .* is not a regular file/],
  ['an ignore file that is a directory', beside(() => mkdirSync(at('.dockerignore'))), /is a directory/],
  ['an ignore file that links out', beside(() => symlinkSync('/etc/hosts', at('.dockerignore'))), /leads out of/],
];

for (const [name, make, message] of REFUSED) {
  test(`${name} is refused at once`, () => {
    make();
    try {
      readInput({ context: at('.') });
      assert.unreachable();
    } catch (error) {
      assert.instance(error, TsbuildError);
      assert.is((error as TsbuildError).code, 'INVALID');
      assert.match((error as TsbuildError).message, message);
    }
  });
}

test('a link that stays in the context is followed, and -f may name any file', () => {
  writeFileSync(at('real'), 'FROM scratch\n');
  symlinkSync('real', at('Dockerfile'));
  assert.is(readInput({ context: at('.') }).source.text, 'FROM scratch\n');
  assert.is(readInput({ context: at('.'), file: join(directory, 'secret') }).source.text, 'root:x:0:0\n');
});

test('what an image says of itself does not steer the terminal', () => {
  assert.is(table(['A', 'B'], [['\x1b]0;owned\x07x', 'y\x1b[2J']]), 'A   B\nx   y\n');
});

test.run();
