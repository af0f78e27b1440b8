import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { outcomeOf, type Workplace } from '../support/workplace.ts';
import { EVERYBODY, takeBases, withPlace } from './place.ts';
import { assertNothingLeft, sessionsOf, snapshotsOf } from './remains.ts';
import { buildSteps } from './steps.ts';

const death = suite('the death of a builder');

/** Enough that a COPY of them takes a while. */
const FILES = 6000;

interface Case {
  name: string;
  /** With `@` for the marker. */
  dockerfile: string;
  /** Resolves in the middle of the step. */
  underWay: (place: Workplace, child: ChildProcess) => Promise<void>;
  signal: readonly [NodeJS.Signals, status: number];
  files?: number;
}

const CASES: Case[] = [
  {
    name: 'RUN',
    // Children that do not listen, one of them with a session of its own.
    dockerfile: `FROM local/busybox
RUN touch /half; (trap '' TERM INT; exec sleep 1@) & setsid sleep 2@ & echo under way; sleep 3@`,
    underWay: (_, child) => said(child, 'under way\n'),
    signal: ['SIGINT', 130],
  },
  {
    name: 'COPY',
    dockerfile: 'FROM local/busybox\nCOPY . /@/\n',
    underWay: drafted,
    signal: ['SIGTERM', 143],
    files: FILES,
  },
];

for (const who of EVERYBODY) {
  for (const { name, dockerfile, underWay, signal, files } of CASES) {
    death(`as ${who}: kill -9 in the middle of a ${name}`, () =>
      withPlace(who, async (place) => {
        const { context, marker } = await prepare(place, dockerfile, files);
        const child = place.start(['build', '--progress=plain', context]);
        const outcome = outcomeOf(child);
        await underWay(place, child);
        child.kill('SIGKILL');
        assert.is((await outcome).signal, 'SIGKILL');
        await assertNothingLeft(place, marker);
        assert.ok(sessionsOf(place).length > 0, 'the step was not under way');
        await nextBuildWorks(place, context);
      }),
    );

    death(`as ${who}: ${signal[0]} in the middle of a ${name}`, () =>
      withPlace(who, async (place) => {
        const { context, marker } = await prepare(place, dockerfile, files);
        const child = place.start(['build', '--progress=plain', context]);
        const outcome = outcomeOf(child);
        await underWay(place, child);
        const committed = snapshotsOf(place);
        child.kill(signal[0]);
        const { code, stderr } = await outcome;
        assert.is(code, signal[1], stderr);
        assert.match(stderr, /cancelled\n$/);
        assert.not.match(stderr, /ERROR|\n {4}at /);
        await assertNothingLeft(place, marker);
        assert.equal(sessionsOf(place), []);
        assert.equal(snapshotsOf(place), committed);
        await nextBuildWorks(place, context);
      }),
    );
  }
}

async function prepare(place: Workplace, dockerfile: string, files = 0): Promise<{ context: string; marker: string }> {
  await takeBases(place, 'busybox');
  const context = place.at('context');
  mkdirSync(context);
  // A number too: it is a part of the arguments of sleep.
  const marker = `${randomBytes(4).readUInt32LE()}0`;
  writeFileSync(join(context, 'Dockerfile'), dockerfile.replaceAll('@', marker));
  for (let index = 0; index < files; index++) writeFileSync(join(context, `file${index}`), `file ${index}`);
  return { context, marker };
}

function said(child: ChildProcess, text: string): Promise<void> {
  let heard = '';
  return new Promise((resolve) => {
    child.stderr?.on('data', (chunk: Buffer) => {
      heard += chunk;
      if (heard.endsWith(text)) resolve();
    });
  });
}

/** Until a layer that is being written holds some of the files and not all of them. */
async function drafted(place: Workplace): Promise<void> {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(2)) {
    const found = sessionsOf(place).some((session) => {
      const count = countBelow(join(place.root, 'v1/tmp', session));
      return count > 100 && count < FILES;
    });
    if (found) return;
  }
  throw new Error('the COPY did not begin');
}

function countBelow(directory: string): number {
  try {
    return readdirSync(directory, { recursive: true }).length;
  } catch {
    // A lock file, or a directory that is just being moved.
    return 0;
  }
}

async function nextBuildWorks(place: Workplace, context: string): Promise<void> {
  writeFileSync(join(context, 'Dockerfile'), 'FROM local/busybox\nRUN test ! -e /half\n');
  const { executed } = await buildSteps(place, ['-t', 'next', context]);
  assert.ok(executed.includes('RUN test ! -e /half'));
  assert.equal(sessionsOf(place), []);
}

death.run();
