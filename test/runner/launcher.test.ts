import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assembleLauncher, launcherSource } from '../../runner/assemble.ts';
import { LAUNCHER_BASE64 } from '../../runner/launcher-bytes.ts';
import { installLauncher } from '../../runner/syscall/launcher.ts';
import { needProgram } from '../house/programs.ts';

const launcher = suite('launcher');
const IMAGE = Buffer.from(LAUNCHER_BASE64, 'base64');
let directory = '';

launcher.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-launcher-'));
});
launcher.after.each(() => rmSync(directory, { recursive: true, force: true }));

launcher('its bytes are what the assembler makes of its source', () => {
  needProgram('readelf'); // of the package that brings `as` and `objcopy`
  assert.ok(assembleLauncher().equals(IMAGE));
  const committed = readFileSync(join(import.meta.dirname, '../../runner/launcher-bytes.ts'), 'utf8');
  assert.is(launcherSource(IMAGE).replace(/\s/g, ''), committed.replace(/\s/g, ''));
});

launcher('no segment can be written and executed, and the stack cannot be executed', () => {
  const path = installLauncher(directory);
  const text = execFileSync(needProgram('readelf'), ['--wide', '--program-headers', path], { encoding: 'utf8' });
  const flags = text.split('\n').flatMap((line) => {
    const found = /^\s+(LOAD|GNU_STACK)\s.*0x\S+\s+([RWE ]{3})\s+0x\S+$/.exec(line);
    return found === null ? [] : [`${found[1]} ${found[2]?.trim()}`];
  });
  assert.equal(flags, ['LOAD R E', 'LOAD RW', 'GNU_STACK RW']);
});

launcher('is written once', () => {
  const path = installLauncher(directory);
  const before = statSync(path);
  assert.is(installLauncher(directory), path);
  assert.is(statSync(path).ino, before.ino);
  assert.is(before.mode & 0o7777, 0o755);
});

const TAMPERED: Record<string, (path: string) => void> = {
  'other bytes': (path) => writeFileSync(path, Buffer.alloc(IMAGE.length)),
  'more bytes': (path) => writeFileSync(path, Buffer.concat([IMAGE, Buffer.from('x')])),
  'a file that others may write': (path) => chmodSync(path, 0o777),
  'a symbolic link': (path) => {
    const other = join(directory, 'other');
    writeFileSync(other, IMAGE, { mode: 0o755 });
    rmSync(path);
    symlinkSync(other, path);
  },
};

for (const [name, tamper] of Object.entries(TAMPERED)) {
  launcher(`is replaced where its name holds ${name}`, () => {
    const path = installLauncher(directory);
    tamper(path);
    assert.is(installLauncher(directory), path);
    assert.ok(readFileSync(path).equals(IMAGE));
    assert.is(statSync(path).mode & 0o022, 0);
  });
}

launcher('a program that ends early ends the launcher with 2', () => {
  const path = installLauncher(directory);
  for (const input of ['', 'short', '\0'.repeat(15), '\x40\0\0\x10\0\0\0\0\0\0\0\0\0\0\0\0']) {
    const file = join(directory, 'input');
    writeFileSync(file, input, 'latin1');
    const script = `${path} 3<${file}; echo $?`;
    assert.is(execFileSync('sh', ['-c', script], { encoding: 'utf8' }), '2\n');
  }
});

launcher.run();
