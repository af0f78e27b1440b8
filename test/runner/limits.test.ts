import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { groupParents } from '../../runner/cgroup/hierarchy.ts';
import { type Limits, settingsOf } from '../../runner/cgroup/limits.ts';
import { removeAbandonedGroups } from '../../runner/index.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();

const test = suite('limits of a sandbox');
const MIB = 1 << 20;

async function run(script: string, limits: Limits) {
  const sandbox = await TestSandbox.create();
  try {
    return await sandbox.run(['sh', '-c', script], { limits });
  } finally {
    rmSync(sandbox.directory, { recursive: true });
  }
}

/** Groups of ours, in whatever hierarchy. */
function groups(): string[] {
  return groupParents().flatMap((parent) =>
    readdirSync(parent)
      .filter((name) => name.startsWith('tsbuild-'))
      .map((name) => join(parent, name)),
  );
}

test('a step that takes more memory than it may is killed, and that is said', async () => {
  const { exit } = await run('head -c 200000000 /dev/zero | tail', { memory: 32 * MIB });
  assert.is(exit.outOfMemory, true);
  const { exit: within } = await run('head -c 1000000 /dev/zero | tail > /dev/null', { memory: 64 * MIB });
  assert.equal(within, { code: 0 });
});

test('a step has no more processes than it may', async () => {
  const { stdout } = await run('for i in 1 2 3 4 5 6 7 8; do sleep 1 & done 2>&1; true', { pids: 4 });
  assert.match(stdout, /can't fork|Resource temporarily unavailable/);
});

test('processors and weight are those that were asked for', async () => {
  const { stdout, exit } = await run('grep Cpus_allowed_list /proc/self/status', {
    cpusetCpus: '0',
    cpuShares: 512,
    cpuPeriod: 50_000,
    cpuQuota: 25_000,
  });
  assert.equal([stdout, exit], ['Cpus_allowed_list:\t0\n', { code: 0 }]);
});

test('a limit that the kernel refuses is an error, and leaves no group', async () => {
  try {
    await run('true', { cpusetCpus: '4000' });
    assert.unreachable();
  } catch (error) {
    assert.instance(error, TsbuildError);
    assert.match(String(error), /the kernel refuses "4000" as cpuset.cpus/);
  }
});

test('groups go with the container, and those of a killed process at the next start', async () => {
  const script = `
    import { ControlGroup } from ${JSON.stringify(new URL('../../runner/cgroup/group.ts', import.meta.url).pathname)};
    await ControlGroup.create({ pids: 9 });
    process.stdout.write('made');
    setInterval(() => undefined, 1000);`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  const held = groups();
  assert.ok(held.length > 0);
  await removeAbandonedGroups();
  assert.ok(held.every(existsSync), 'a group in use stays');
  child.kill('SIGKILL');
  await once(child, 'close');
  await removeAbandonedGroups();
  assert.equal(held.filter(existsSync), []);
});

const V2: [limits: Limits, files: string[]][] = [
  [{ memory: 5, memorySwap: 7 }, ['memory.max=5', 'memory.swap.max=2']],
  [{ memory: 5, memorySwap: -1 }, ['memory.max=5', 'memory.swap.max=max']],
  [{ cpuShares: 1024 }, ['cpu.weight=39']],
  [{ cpuShares: 2 }, ['cpu.weight=1']],
  [{ cpuQuota: 50_000 }, ['cpu.max=50000 100000']],
  [{ cpuPeriod: 1000, cpuQuota: -1 }, ['cpu.max=max 1000']],
  [{ cpusetCpus: '0-1', cpusetMems: '0', pids: 3 }, ['cpuset.cpus=0-1', 'cpuset.mems=0', 'pids.max=5']],
];

for (const [limits, files] of V2) {
  test(`${JSON.stringify(limits)} in version 2`, () =>
    assert.equal(
      settingsOf(limits, 2).map(({ file, value }) => `${file}=${value}`),
      files,
    ));
}

test.run();
