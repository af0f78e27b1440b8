import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assembleLauncher, launcherSource } from '../../runner/assemble.ts';
import { needsUserNamespace } from '../../runner/index.ts';
import { IMAGE, installLauncher } from '../../runner/syscall/launcher.ts';
import { needProgram } from '../house/programs.ts';
import { bundle } from './bundle.ts';

const launcher = suite('launcher');
let directory = '';

launcher.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-launcher-'));
});
launcher.after.each(() => rmSync(directory, { recursive: true, force: true }));

launcher('its bytes are what the assemblers make of its sources', () => {
  // Of the packages that bring `as` and `objcopy`.
  needProgram('readelf');
  needProgram('aarch64-linux-gnu-as');
  const images = { x64: assembleLauncher('x64'), arm64: assembleLauncher('arm64') };
  const committed = readFileSync(join(import.meta.dirname, '../../runner/launcher-bytes.ts'), 'utf8');
  assert.is(launcherSource(images).replace(/\s/g, ''), committed.replace(/\s/g, ''));
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

if (!needsUserNamespace()) {
  const runOn = (mounts: string): string => {
    const script = bundle('launcher-script.ts', directory);
    const [store, fifo] = [join(directory, 'store'), join(directory, 'fifo')];
    mkdirSync(store);
    mkdirSync(join(directory, 'tmp'));
    const command = `cd ${directory}; ${mounts}; exec "$@"`;
    const args = ['-m', 'sh', '-c', command, 'sh', process.execPath, script, store, fifo];
    return execFileSync('unshare', args, { encoding: 'utf8', env: { ...process.env, TMPDIR: join(directory, 'tmp') } });
  };

  launcher('runs from the temporary directory where its own is noexec', () => {
    const path = runOn('mount -t tmpfs -o noexec x store').trim();
    assert.is(dirname(path), join(directory, 'tmp', `tsbuild-${process.geteuid?.()}`));
  });

  launcher('that may run nowhere is an error that says what to set', () => {
    const output = runOn('mount -t tmpfs -o noexec x store; mount -t tmpfs -o noexec x tmp');
    assert.match(output, /^SANDBOX set TMPDIR/);
  });

  launcher('does not use a temporary directory that somebody else prepared', () => {
    const path = runOn(`mount -t tmpfs -o noexec x store; mkdir tmp/tsbuild-0; chown 1234 tmp/tsbuild-0`).trim();
    assert.match(path, /\/tmp\/tsbuild-0-\w+\/launcher-/);
    assert.equal(readdirSync(join(directory, 'tmp')), ['tsbuild-0']);
  });
}

launcher.run();
