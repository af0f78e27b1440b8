import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { needsUserNamespace } from '../../runner/index.ts';
import { mapArguments } from '../../runner/userns/idmap.ts';
import { parseRanges } from '../../runner/userns/subids.ts';
import { needProgram } from '../house/programs.ts';
import { OrdinaryUser, type Run } from './ordinary-user.ts';

const rootless = suite('rootless');

const RANGES: [name: string, text: string, expected: [number, number][]][] = [
  [
    'by name and by number',
    'joe:100:10\n1000:300:5\nann:1:1\n',
    [
      [100, 10],
      [300, 5],
    ],
  ],
  ['no line for us', 'ann:1:1\n', []],
  ['broken lines', 'joe:x:10\njoe:5\njoe\n\njoe:7:0\njoe:8:2', [[8, 2]]],
];

for (const [name, text, expected] of RANGES) {
  rootless(`subuid: ${name}`, () => {
    assert.equal(
      parseRanges(text, ['1000', 'joe']),
      expected.map(([start, count]) => ({ start, count })),
    );
  });
}

rootless('root inside is ourselves, the ranges follow without a gap', () => {
  const ranges = [
    { start: 100, count: 10 },
    { start: 300, count: 5 },
  ];
  assert.is(mapArguments(1000, ranges).join(' '), '0 1000 1 1 100 10 11 300 5');
});

function textOf(run: Run): string {
  return run.said.map((line) => line.stdout ?? '').join('');
}

// Users are made by root; run by a user, the other tests of this folder are already rootless.
if (!needsUserNamespace()) {
  let user: OrdinaryUser;
  let directory = '';

  const withUser = (name: string, range: boolean, body: () => Promise<void>): void => {
    rootless(name, async () => {
      user = new OrdinaryUser(range);
      try {
        directory = await user.prepare();
        await body();
      } finally {
        user.remove();
      }
    });
  };
  const shell = (script: string): Promise<Run> => user.run('container-script.ts', [directory, '0', 'sh', '-c', script]);

  withUser('a range of ids: owners are kept, another user can be run', true, async () => {
    needProgram('newuidmap');
    const run = await shell('echo x >/f; chown 12:34 /f; stat -c %u:%g /f; exit 9');
    assert.equal(run.said[0], { mapped: { kind: 'range' } });
    assert.is(textOf(run), '12:34\n');
    assert.is(run.code, 9);
    const file = lstatSync(join(directory, 'upper/f'));
    assert.equal([file.uid, file.gid], [2_000_011, 2_000_033]);
    const other = await user.run('container-script.ts', [directory, '1000', 'id', '-u']);
    assert.is(textOf(other), '1000\n');
  });

  withUser('a single id: changes of owner succeed and do nothing, as package managers need', false, async () => {
    const run = await shell(
      'echo x >/f; chown 12:34 /f && chgrp 5 /f && stat -c %u:%g /f; su nobody -s /bin/sh -c "echo as $?"',
    );
    const mapped = run.said[0]?.mapped as { kind: string; reason: string };
    assert.equal(mapped, { kind: 'single', reason: '/etc/subuid gives this user no range' });
    assert.is(textOf(run), '0:0\nas 0\n');
    assert.is(run.code, 0);
    assert.is(lstatSync(join(directory, 'upper/f')).uid, user.uid);
  });

  withUser('a single id cannot run another user, and the error says what to do', false, async () => {
    const run = await user.run('container-script.ts', [directory, '1000', 'true']);
    assert.match(run.stderr, /cannot become user 1000:1000: the user namespace has a single id/);
    assert.match(run.stderr, /install the package uidmap/);
  });

  withUser('newuidmap that may not map falls back to a single id and says why', true, async () => {
    const run = await user.run('container-script.ts', [directory, '0', 'true'], ['--no-new-privs']);
    const mapped = run.said[0]?.mapped as { kind: string; reason: string };
    assert.is(mapped.kind, 'single');
    assert.match(mapped.reason, /^new[ug]idmap failed: /);
    assert.is(run.code, 0);
  });

  withUser('replaced directories are opaque through user attributes, deletions are whiteouts', true, async () => {
    const run = await shell(
      'rm -r /root /etc/passwd; mkdir /root; ls -A /root; ls /etc/passwd 2>&1 | wc -l; mknod /n c 1 3',
    );
    assert.is(textOf(run), '1\n');
    const whiteout = lstatSync(join(directory, 'upper/etc/passwd'));
    assert.ok(whiteout.isCharacterDevice() && whiteout.rdev === 0);
    assert.equal(readdirSync(join(directory, 'upper')).sort(), ['etc', 'root']);
  });

  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) {
    withUser(`${signal} is passed on to the Node inside`, false, async () => {
      const child = user.start('container-script.ts', [directory, '0', 'sleep', '1000']);
      const ended = new Promise((resolve) => child.once('exit', (code) => resolve(code)));
      await new Promise((resolve) =>
        child.stdout?.on('data', (chunk: Buffer) => chunk.includes('"pid"') && resolve(chunk)),
      );
      child.kill(signal);
      const numbers = { SIGTERM: 143, SIGHUP: 129, SIGINT: 130 };
      assert.is(await ended, numbers[signal]);
    });
  }

  withUser('a killed outer Node takes everything inside with it', true, async () => {
    const child = user.start('container-script.ts', [directory, '0', 'sleep', '1000']);
    const line = await new Promise<string>((resolve) => {
      child.stdout?.on('data', (chunk: Buffer) => chunk.includes('"pid"') && resolve(chunk.toString()));
    });
    const { pid, node } = JSON.parse(line.split('\n').find((each) => each.includes('"pid"')) ?? '');
    child.kill('SIGKILL');
    for (let tries = 0; [pid, node].some(isAlive); tries += 1) {
      assert.ok(tries < 200, 'processes are left');
      await sleep(25);
    }
  });
}

function isAlive(pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'latin1'));
  } catch {
    return false;
  }
}

rootless.run();
