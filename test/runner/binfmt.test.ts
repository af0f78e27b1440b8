import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { emulators } from '../../runner/index.ts';

const test = suite('emulators that are registered with the kernel');

const ARM64 = '7f454c460201010000000000000000000200b700';
const S390X = '7f454c4602020100000000000000000000020016';

function entry(magic: string, { state = 'enabled', flags = 'POCF', offset = '0' } = {}): string {
  const interpreter = '/usr/bin/qemu-static';
  return `${state}\ninterpreter ${interpreter}\nflags: ${flags}\noffset ${offset}\nmagic ${magic}\nmask ffff\n`;
}

/** What is found in a directory that looks as the kernel's does. */
function found(files: Record<string, string>) {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-binfmt-'));
  try {
    for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
    return emulators(directory).map(({ architecture, fixed }) => `${architecture}${fixed ? ' F' : ''}`);
  } finally {
    rmSync(directory, { recursive: true });
  }
}

const CASES: [name: string, files: Record<string, string>, emulators: string[]][] = [
  ['by the header that is matched, whatever the name', { x: entry(ARM64) }, ['arm64 F']],
  ['in either byte order', { x: entry(S390X) }, ['s390x F']],
  ['without the flag F', { x: entry(ARM64, { flags: 'OC' }) }, ['arm64']],
  ['none that is disabled', { x: entry(ARM64, { state: 'disabled' }) }, []],
  ['none for other kinds of files', { x: entry('cafebabe') }, []],
  ['none that matches elsewhere', { x: entry(ARM64, { offset: '4' }) }, []],
  ['none for an extension', { x: 'enabled\ninterpreter /usr/bin/java\nflags: \nextension .jar\n' }, []],
  ['none of a processor without images', { x: entry(`${ARM64.slice(0, 36)}ffff`) }, []],
];

for (const [name, files, expected] of CASES) {
  test(name, () => assert.equal(found({ status: 'enabled\n', register: '', ...files }), expected));
}

test('none while binfmt_misc as a whole is off, or not there', () => {
  assert.equal(found({ status: 'disabled\n', x: entry(ARM64) }), []);
  assert.equal(emulators('/nowhere'), []);
});

test.run();
