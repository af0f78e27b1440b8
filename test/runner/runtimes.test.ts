import { execFileSync, spawn } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { findRuntime, needsUserNamespace } from '../../runner/index.ts';
import { isErrno, type TsbuildError } from '../../src/base/error.ts';
import { needProgram } from '../house/programs.ts';
import { bundle } from './bundle.ts';
import { TestSandbox } from './kit.ts';
import { OrdinaryUser } from './ordinary-user.ts';
import { CASES, type Case } from './runtime-cases.ts';

const RUNTIMES = ['crun', 'runc'] as const;
const BACKENDS = ['launcher', ...RUNTIMES] as const;
const runtimes = suite('back ends');

interface Told {
  name: string;
  exit: unknown;
  output: string;
}

type Who = 'root' | 'ids' | 'single';

/** All cases in one process, as whom it is asked for. */
async function results(backend: string, who: Who): Promise<Told[]> {
  if (who !== 'root') {
    const user = new OrdinaryUser(who === 'ids');
    try {
      const { said, stderr } = await user.run('runtime-script.ts', [await user.prepare(), backend]);
      assert.is(stderr, '');
      return said as unknown as Told[];
    } finally {
      user.remove();
    }
  }
  const box = await TestSandbox.create();
  try {
    const script = bundle('runtime-script.ts', box.directory);
    const said = execFileSync(process.execPath, [script, box.directory, backend], { encoding: 'utf8' });
    return said
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Told);
  } finally {
    box.remove();
  }
}

function isPossible({ needs }: Case, who: Who): boolean {
  return needs === undefined || who === 'root' || needs === who;
}

/** What root of a container may not change for the host. */
function nullOfHost(): number[] {
  const { mode, uid, gid, ctimeMs } = statSync('/dev/null');
  return [mode, uid, gid, ctimeMs];
}

function assertAsExpected(told: readonly Told[], who: Who): void {
  assert.is(told.length, CASES.length);
  CASES.forEach((expected, index) => {
    const { name, exit, output } = told[index] as Told;
    if (!isPossible(expected, who)) return;
    assert.equal(exit, expected.exit, `${name}: ${output}`);
    if (typeof expected.output === 'string') assert.is(output, expected.output, name);
    else assert.match(output, expected.output, name);
  });
}

/** Processes that have something of the directory mounted: whatever is in a sandbox or a cell over it. */
function processesIn(directory: string): string[] {
  return readdirSync('/proc').filter((pid) => {
    if (!/^\d+$/.test(pid)) return false;
    try {
      return readFileSync(`/proc/${pid}/mountinfo`, 'latin1').includes(` ${directory}`);
    } catch (error) {
      if (isErrno(error, 'ENOENT', 'ESRCH', 'EINVAL', 'EACCES')) return false;
      throw error;
    }
  });
}

/** Control groups that a runtime could have made. */
function groups(): string[] {
  const found = execFileSync('find', ['/sys/fs/cgroup', '-type', 'd'], { encoding: 'utf8' });
  return found.split('\n').filter((path) => /\/step$|crun|runc/.test(path));
}

async function killed(backend: string): Promise<void> {
  const box = await TestSandbox.create();
  try {
    const script = bundle('runtime-script.ts', box.directory);
    const child = spawn(process.execPath, [script, box.directory, backend, 'sleep', '1000'], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface(child.stdout)) {
      assert.match(line, /started/);
      break;
    }
    assert.ok(processesIn(box.directory).length >= 2);
    child.kill('SIGKILL');
    for (let tries = 0; processesIn(box.directory).length > 0; tries += 1) {
      assert.ok(tries < 200, 'processes are left');
      await sleep(25);
    }
    assert.equal(groups(), []);
  } finally {
    box.remove();
  }
}

for (const backend of BACKENDS) {
  runtimes(`${backend} does what a step asks for as root`, async () => {
    if (backend !== 'launcher') needProgram(backend);
    const before = nullOfHost();
    assertAsExpected(await results(backend, needsUserNamespace() ? 'single' : 'root'), 'root');
    assert.equal(nullOfHost(), before);
  });

  if (needsUserNamespace()) continue;
  for (const who of ['ids', 'single'] as const) {
    const name = who === 'ids' ? 'with a range of ids' : 'with one id';
    runtimes(`${backend} does what a step asks for as a user ${name}`, async () =>
      assertAsExpected(await results(backend, who), who),
    );
  }
}

for (const backend of RUNTIMES) {
  runtimes(`nothing is left of ${backend} when we are killed`, () => killed(backend));
}

runtimes('a runtime that is not there says what to do', () => {
  for (const name of ['no-such-runtime', '/etc/passwd']) {
    try {
      findRuntime(name);
      assert.unreachable();
    } catch (error) {
      const { code, message, hint } = error as TsbuildError;
      assert.is(code, 'NOT_FOUND');
      assert.ok(message.includes(name));
      assert.match(hint ?? '', /install crun or runc/);
    }
  }
});

runtimes.run();
