import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findProgram, installCommand, needProgram } from './programs.ts';

const programs = suite('programs that tests need');
const SETUP = resolve(import.meta.dirname, '../setup.ts');

programs('a program is found along the PATH, a missing one is not', () => {
  assert.match(findProgram('node') ?? '', /\/node$/);
  assert.is(findProgram('no-such-program'), undefined);
});

programs('one command installs what is missing, each package once', () => {
  const command = installCommand(['xz', 'newuidmap', 'newuidmap']);
  assert.is(command, 'apt-get install --yes --no-install-recommends uidmap xz-utils');
});

programs('a test that lacks its program fails and says how to install it', () => {
  const path = process.env.PATH;
  process.env.PATH = '';
  try {
    assert.throws(() => needProgram('skopeo'), /needs skopeo: run `apt-get install .* skopeo` as root/);
  } finally {
    process.env.PATH = path;
  }
});

programs('without apt-get the set-up names what is missing and the command', () => {
  const { stdout, status } = spawnSync(process.execPath, ['--import', 'tsx', SETUP], {
    env: { PATH: '' },
    encoding: 'utf8',
  });
  assert.is(status, 0);
  assert.match(stdout, /^missing: .*skopeo.*; the tests that need them will fail/m);
  assert.match(stdout, /^ {2}apt-get install .* skopeo .*umoci/m);
});

programs('with apt-get, root installs what is missing and nobody else tries', () => {
  const directory = mkdtempSync(join(tmpdir(), 'tsbuild-setup-'));
  try {
    writeFileSync(join(directory, 'apt-get'), `#!/bin/sh\necho "$@" >>${directory}/calls\n`, { mode: 0o755 });
    const { status } = spawnSync(process.execPath, ['--import', 'tsx', SETUP], { env: { PATH: directory } });
    assert.is(status, 0);
    const calls = existsSync(join(directory, 'calls')) ? readFileSync(join(directory, 'calls'), 'utf8') : '';
    const expected = /^-qq update\n-qq install --yes --no-install-recommends .*skopeo.*\n$/;
    assert.match(calls, process.getuid?.() === 0 ? expected : /^$/);
  } finally {
    rmSync(directory, { recursive: true });
  }
});

programs.run();
