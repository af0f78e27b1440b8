import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasSingleId, type RunningContainer } from '../../runner/index.ts';
import { isErrno } from '../../src/base/error.ts';
import { bundle } from './bundle.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const lifetime = suite('life and death of a sandbox');
let box: TestSandbox;
let marker = 0;

lifetime.before.each(async () => {
  box = await TestSandbox.create();
  // An argument of `sleep` by which all processes of one test are found.
  marker = 100_000 + Math.floor(Math.random() * 1e9);
});
lifetime.after.each(() => box.remove());

function processesWith(argument: string): number[] {
  return readdirSync('/proc')
    .map(Number)
    .filter((pid) => pid > 0 && readOrNothing(`/proc/${pid}/cmdline`).split('\0').includes(argument));
}

/** Nothing where the process has ended meanwhile. */
function readOrNothing(path: string): string {
  try {
    return readFileSync(path, 'latin1');
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'ESRCH')) throw error;
    return '';
  }
}

function parentOf(pid: number): number {
  return Number(/^PPid:\t(\d+)$/m.exec(readOrNothing(`/proc/${pid}/status`))?.[1]);
}

async function until(condition: () => boolean, what: string): Promise<void> {
  for (let tries = 0; !condition(); tries += 1) {
    assert.ok(tries < 200, what);
    await sleep(25);
  }
}

/** Nothing is left of the test: no process, and no mount that anybody on the host sees. */
async function assertGone(): Promise<void> {
  await until(() => processesWith(String(marker)).length === 0, 'processes are left');
  assert.not.match(readFileSync('/proc/self/mountinfo', 'latin1'), new RegExp(box.directory));
}

/** A container in a Node of its own, that sleeps in the foreground and in the background. */
async function startElsewhere(uid: string, ...args: string[]): Promise<ChildProcess> {
  const script = bundle('container-script.ts', box.directory);
  const child = spawn(process.execPath, [script, box.directory, uid, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout as NodeJS.ReadableStream })) {
    if (line.startsWith('{"pid"')) break;
  }
  await until(() => processesWith(String(marker)).length > 0, 'the container does not start');
  return child;
}

const SLEEPERS = (): string[] => ['sh', '-c', `setsid sleep ${marker} & sleep ${marker} & wait`];

lifetime('a killed Node leaves nothing', async () => {
  const child = await startElsewhere('0', ...SLEEPERS());
  child.kill('SIGKILL');
  await assertGone();
});

if (!hasSingleId()) {
  lifetime('a killed Node leaves nothing of a container that has shaken off its death signal', async () => {
    await box.shell('mkdir /suid; cp /bin/busybox /suid/ping; chmod 4755 /suid/ping');
    const child = await startElsewhere('1000', '/suid/ping', '-q', '-c', String(marker), '127.0.0.1');
    child.kill('SIGKILL');
    await assertGone();
  });
}

for (const [name, generation] of [
  ['launcher', 2],
  ['supervisor', 1],
] as const) {
  lifetime(`a killed ${name} takes the container with it, and is reported as SIGKILL`, async () => {
    let victim = 0;
    const run = box.run(
      SLEEPERS(),
      {},
      {
        onStart: ({ pid }) => {
          victim = generation === 1 ? parentOf(pid) : parentOf(parentOf(pid));
        },
      },
    );
    const isReady = () => victim > 0 && processesWith(String(marker)).length >= 2;
    await until(isReady, 'the container does not start');
    process.kill(victim, 'SIGKILL');
    assert.equal((await run).exit, { signal: 'SIGKILL' });
    await assertGone();
  });
}

lifetime('a cancelled run ends only when everything is dead', async () => {
  const controller = new AbortController();
  const run = box.run(SLEEPERS(), {}, { signal: controller.signal });
  await until(() => processesWith(String(marker)).length >= 2, 'the container does not start');
  controller.abort();
  assert.equal((await run).exit, { signal: 'SIGKILL' });
  assert.equal(processesWith(String(marker)), []);
});

lifetime('a run that was cancelled before it began does nothing', async () => {
  const { exit } = await box.shell('echo x >/x', {}, { signal: AbortSignal.abort() });
  assert.equal(exit, { signal: 'SIGKILL' });
  assert.equal(readdirSync(join(box.directory, 'upper')), []);
});

lifetime('processes in the background end with the command', async () => {
  const { exit } = await box.shell(`setsid sleep ${marker} >/dev/null 2>&1 & exit 3`);
  assert.equal(exit, { code: 3 });
  assert.equal(processesWith(String(marker)), []);
});

lifetime('a signal is passed on to a command that handles it', async () => {
  let container: RunningContainer | undefined;
  const onStart = (started: RunningContainer): void => {
    container = started;
  };
  // Its first output says that the handler is there.
  const stdout = (): void => container?.kill('SIGTERM');
  const { exit } = await box.shell(
    'trap "exit 7" TERM; echo ready; while :; do sleep 0.05; done',
    {},
    { onStart, stdout },
  );
  assert.equal(exit, { code: 7 });
});

lifetime('a signal that ends the command is the result', async () => {
  const run = box.run(['sleep', String(marker)], {}, { onStart: (container) => container.kill('SIGKILL') });
  assert.equal((await run).exit, { signal: 'SIGKILL' });
});

lifetime('many run at once', async () => {
  const boxes = await Promise.all(Array.from({ length: 16 }, () => TestSandbox.create()));
  const results = await Promise.all(boxes.map((each, index) => each.shell(`echo ${index}; exit ${index}`)));
  results.forEach(({ exit, stdout }, index) => {
    assert.equal([exit, stdout], [{ code: index }, `${index}\n`]);
  });
  for (const each of boxes) each.remove();
});

lifetime.run();
