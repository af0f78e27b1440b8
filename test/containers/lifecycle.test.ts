import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { assertNothingLeft } from '../e2e/remains.ts';
import { Workplace } from '../support/workplace.ts';

const test = suite('containers that stay');

let place: Workplace;

/** Says what it does, and ends with 3 when it is asked to. */
const SERVICE = 'echo up; echo oops >&2; trap "echo bye; exit 3" TERM; while :; do sleep 0.05; done';

test.before(async () => {
  place = await Workplace.withBusybox();
});

test.after(async () => {
  await place.run(['rm', '-f', ...(await place.ok(['ps', '-aq'])).split('\n').filter((id) => id !== '')]);
  await assertNothingLeft(place, 'no other mark');
  place.remove();
});

async function json<T>(args: readonly string[]): Promise<T> {
  return JSON.parse(await place.ok(args)) as T;
}

interface Inspected {
  State: { Status: string; ExitCode: number; Pid: number; Error: string; OOMKilled: boolean };
  Config: Record<string, unknown>;
}

async function inspect(name: string): Promise<Inspected> {
  return (await json<Inspected[]>(['inspect', name]))[0] as Inspected;
}

test('a container goes on without the command that started it, and keeps its layer from stop to start', async () => {
  const id = await place.ok(['run', '-d', '--name', 'web', '--hostname', 'box', 'busybox', 'sh', '-c', SERVICE]);
  assert.match(id, /^[0-9a-f]{64}$/);
  assert.match(await place.ok(['ps']), new RegExp(`^${id.slice(0, 12)} +busybox +"sh -c .*Up .* web$`, 'm'));
  assert.is(await place.ok(['exec', 'web', 'sh', '-c', 'hostname; echo mine > /file; echo $PPID']), 'box\n0');
  assert.is(await place.ok(['stop', 'web']), 'web');
  assert.is(await place.ok(['ps', '-q']), '');
  assert.is(await place.ok(['ps', '-a', '--format', '{{.Names}} {{.State}}']), 'web exited');
  assert.match(await place.ok(['ps', '-a']), /Exited \(3\) \d+ seconds? ago/);
  assert.is(await place.ok(['wait', 'web']), '3');
  assert.is(await place.ok(['start', id.slice(0, 8)]), id.slice(0, 8));
  assert.is(await place.ok(['start', 'web']), 'web', 'one that runs stays as it is');
  assert.is(await place.ok(['exec', 'web', 'cat', '/file']), 'mine');
  const refused = await place.run(['rm', 'web']);
  assert.equal([refused.code, /tsbuild rm -f web/.test(refused.stderr)], [1, true]);
  assert.is(await place.ok(['kill', '-s', 'TERM', 'web']), 'web');
  assert.is(await place.ok(['wait', 'web']), '3');
  assert.is(await place.ok(['rm', 'web']), 'web');
  assert.equal(readdirSync(`${place.root}/v1/containers`), []);
});

test('what it says is kept by lines, each stream apart', async () => {
  await place.ok([
    'run',
    '-d',
    '--name',
    'says',
    'busybox',
    'sh',
    '-c',
    'for i in 1 2 3; do echo $i; done; echo e >&2; sleep 0.5; echo 4',
  ]);
  const { stdout, stderr } = await place.run(['logs', '-f', 'says']);
  assert.equal([stdout, stderr], ['1\n2\n3\n4\n', 'e\n']);
  assert.is(await place.ok(['logs', '--tail', '1', 'says']), '4');
  assert.match(await place.ok(['logs', '-tn2', 'says']), /^\d{4}-\d\d-\d\dT[\d:.]+Z 4$/m);
  assert.is(await place.ok(['logs', '--since', '2099-01-01T00:00:00Z', 'says']), '');
  assert.is((await inspect('says')).State.ExitCode, 0);
});

test('exec has its own environment, directory, user and input, and passes the exit code on', async () => {
  await place.ok(['run', '-d', '--name', 'host', '-e', 'A=1', '-w', '/tmp', 'busybox', 'sh', '-c', SERVICE]);
  const script = 'echo $A$B; pwd; id -u; cat; exit 9';
  const args = ['exec', '-i', '-e', 'B=2', '-w', '/etc', '-u', 'nobody', 'host', 'sh', '-c', script];
  const { code, stdout } = await place.run(args, { stdin: 'typed\n' });
  assert.equal([code, stdout], [9, '12\n/etc\n65534\ntyped\n']);
  assert.is(await place.ok(['exec', 'host', 'pwd']), '/tmp');
  const missing = await place.run(['exec', 'host', 'nope']);
  assert.equal([missing.code, missing.stderr.includes('"nope": executable file not found')], [127, true]);
  await place.ok(['exec', '-d', 'host', 'sh', '-c', 'echo later > /later']);
  for (let tries = 0; tries < 50 && (await place.run(['exec', 'host', 'cat', '/later'])).stdout === ''; tries++);
  assert.is(await place.ok(['exec', 'host', 'cat', '/later']), 'later');
  const sleeping = place.run(['exec', 'host', 'sleep', '1000']);
  await sleep(300);
  await place.ok(['stop', '-t', '0', 'host']);
  assert.is((await sleeping).code === 0, false, 'it ends with the container');
  assert.match((await place.run(['exec', 'host', 'true'])).stderr, /container host is not running/);
});

test('--rm leaves nothing of a container, and a name is free again', async () => {
  await place.ok(['run', '-d', '--rm', '--name', 'brief', '-v', '/data', 'busybox', 'sh', '-c', SERVICE]);
  assert.is((await place.ok(['volume', 'ls', '-q'])).length, 64);
  await place.ok(['stop', 'brief']);
  assert.is(await place.ok(['ps', '-a', '--filter', 'name=brief', '-q']), '');
  assert.is(await place.ok(['volume', 'ls', '-q']), '');
});

test('a supervisor that is killed takes the container along, which is noticed and can be removed or started', async () => {
  await place.ok([
    'run',
    '-d',
    '--name',
    'orphan',
    '--memory',
    '64m',
    'busybox',
    'sh',
    '-c',
    `${SERVICE}`,
    'marked-orphan',
  ]);
  const state = JSON.parse(
    readFileSync(
      `${place.root}/v1/containers/${((await inspect('orphan')) as unknown as { Id: string }).Id}/state.json`,
      'utf8',
    ),
  );
  process.kill(state.supervisor, 'SIGKILL');
  await assertNothingLeft(place, 'marked-orphan');
  assert.equal(
    { ...(await inspect('orphan')).State, StartedAt: '', FinishedAt: '' }.Error,
    'its supervisor was killed',
  );
  assert.match(await place.ok(['ps', '-a', '--filter', 'name=orphan']), /Exited \(137\)/);
  assert.is(await place.ok(['start', 'orphan']), 'orphan');
  assert.is(await place.ok(['exec', 'orphan', 'echo', 'again']), 'again');
  assert.is(await place.ok(['rm', '-f', 'orphan']), 'orphan');
  assert.equal(controlGroups(), []);
});

/** Those of containers, in any hierarchy. */
function controlGroups(): string[] {
  const found: string[] = [];
  for (const mount of ['/sys/fs/cgroup', '/sys/fs/cgroup/memory', '/sys/fs/cgroup/unified']) {
    try {
      found.push(...readdirSync(mount).filter((name) => name.startsWith('tsbuild-')));
    } catch {}
  }
  return found;
}

test('prune leaves what containers are made of', async () => {
  await place.build('FROM busybox\nRUN echo kept > /kept\n', ['-t', 'short-lived']);
  await place.ok(['create', '--name', 'held', 'short-lived', 'cat', '/kept']);
  const refused = await place.run(['rmi', 'short-lived']);
  assert.match(refused.stderr, /the container held is made of short-lived/);
  await place.build('FROM busybox\nRUN echo other > /kept\n', ['-t', 'short-lived']);
  await place.ok(['prune', '--all']);
  assert.is(await place.ok(['start', '-a', 'held']), 'kept');
  await place.ok(['rm', 'held']);
});

test('an image is made of what a container has changed', async () => {
  const script = 'echo new > /made; rm /etc/group; mkdir -p /d/e';
  await place.ok(['run', '--name', 'worker', '-e', 'KEPT=1', '-v', '/vol', 'busybox', 'sh', '-c', script]);
  const changes = ['-c', 'CMD ["sh", "-c", "cat /made; ls /etc/group; echo $KEPT $MORE"]', '-c', 'ENV MORE=2'];
  const id = await place.ok(['commit', '-m', 'by hand', ...changes, 'worker', 'made']);
  assert.match(id, /^sha256:/);
  const { code, stdout } = await place.run(['run', '--rm', 'made']);
  assert.equal([code, stdout], [0, 'new\n1 2\n']);
  const [{ comment }] = await json<[{ comment: string }]>(['history', '--json', 'made']);
  assert.is(comment, 'by hand');
  assert.match((await place.run(['commit', '-c', 'RUN x', 'worker'])).stderr, /RUN changes no configuration/);
  await place.ok(['rm', 'worker']);
});

test('twenty at once', async () => {
  const names = Array.from({ length: 20 }, (_, index) => `many${index}`);
  await Promise.all(
    names.map((name) => place.ok(['run', '-d', '--network', 'none', '--name', name, 'busybox', 'sh', '-c', SERVICE])),
  );
  assert.is((await place.ok(['ps', '-q', '--filter', 'name=many'])).split('\n').length, 20);
  await place.ok(['stop', '-t', '0', ...names]);
  assert.is(await place.ok(['rm', ...names]), names.join('\n'));
});

test.run();
