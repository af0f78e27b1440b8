// biome-ignore-all lint/suspicious/noTemplateCurlyInString: these are the variables of a shell
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type Outcome, outcomeOf, type RunOptions, Workplace } from '../support/workplace.ts';

const test = suite('tsbuild run');

let place: Workplace;

test.before(async () => {
  place = await Workplace.withBusybox();
  await place.build(
    'FROM busybox\nENV FROM_IMAGE=1 BOTH=image\nWORKDIR /work\nENTRYPOINT ["echo", "entry"]\nCMD ["cmd"]\n',
    ['-t', 'entry'],
  );
  await place.build('FROM busybox\nUSER nobody\nCMD id -u\n', ['-t', 'user']);
});

test.after(() => place.remove());

function run(args: readonly string[], options?: RunOptions): Promise<Outcome> {
  return place.run(['run', ...args], options);
}

/** Sessions that are left in the store. */
function leftovers(): string[] {
  return readdirSync(`${place.root}/v1/tmp`);
}

const CODES: [args: string[], code: number, stderr: RegExp][] = [
  [['busybox', 'true'], 0, /^$/],
  [['busybox', 'sh', '-c', 'exit 3'], 3, /^$/],
  [['busybox', 'sh', '-c', '(kill -9 $BASHPID); sh -c "kill -TERM \\$\\$"; exit $?'], 143, /./],
  [['busybox', 'nope'], 127, /exec "nope": executable file not found in \$PATH/],
  [['busybox', '/etc/passwd'], 126, /exec "\/etc\/passwd": .*permission denied/i],
  [['busybox'], 125, /no command: the image has neither ENTRYPOINT nor CMD/],
  [['127.0.0.1:1/nope', 'true'], 125, /image 127.0.0.1:1\/nope/],
  [['-u', 'nope', 'busybox', 'true'], 125, /unable to find user nope/],
  [['--nope', 'busybox', 'true'], 125, /unknown option --nope/i],
  [['-v', '/no/such/place:/x', 'busybox', 'true'], 125, /volume \/no\/such\/place does not exist/],
  [['--network', 'mine', 'busybox', 'true'], 125, /--network mine: there are no networks with names/],
  [[], 125, /run needs an image/],
];

for (const [args, code, stderr] of CODES) {
  test(`ends with ${code}: ${args.join(' ')}`, async () => {
    const outcome = await run(args);
    assert.is(outcome.code, code, outcome.stderr);
    assert.match(outcome.stderr, stderr);
    assert.not.match(outcome.stderr, /^ +at /m);
  });
}

const OUTPUTS: [args: string[], stdout: string][] = [
  [['entry'], 'entry cmd\n'],
  [['entry', 'a', '--rm', '-e'], 'entry a --rm -e\n'],
  [['--entrypoint', 'pwd', 'entry'], '/work\n'],
  [['--entrypoint', 'echo', 'entry', 'x'], 'x\n'],
  [['--entrypoint', '', 'entry', 'echo', 'y'], 'y\n'],
  [['-e', 'BOTH=user', '--entrypoint', 'sh', 'entry', '-c', 'echo $FROM_IMAGE $BOTH'], '1 user\n'],
  [['-e', 'GIVEN', '-e', 'ABSENT', 'busybox', 'sh', '-c', 'echo $GIVEN ${ABSENT-unset}'], 'yes unset\n'],
  [['-w', '/made/here', 'busybox', 'pwd'], '/made/here\n'],
  [['-e', 'E=é', '-w', '/ä', 'busybox', 'sh', '-c', 'pwd; echo $E ö'], '/ä\né ö\n'],
  [['user'], '65534\n'],
  [['-u', '0', 'user'], '0\n'],
  [['-u', '5:6', 'busybox', 'sh', '-c', 'id -u; id -g; id -G'], '5\n6\n6\n'],
  [['-u', 'nobody', 'busybox', 'sh', '-c', 'id -un; id -gn'], 'nobody\nnogroup\n'],
  [['--hostname', 'here', 'busybox', 'sh', '-c', 'hostname; echo $HOSTNAME'], 'here\nhere\n'],
  [['--rm', 'busybox', 'sh', '-c', 'echo $HOME $$'], '/root 1\n'],
  [['--network', 'none', 'busybox', 'sh', '-c', 'ls /sys/class/net'], 'lo\n'],
  [['--read-only', 'busybox', 'sh', '-c', 'touch /x 2>/dev/null || echo refused'], 'refused\n'],
  [['busybox', 'sh', '-c', 'touch /x && ls /x'], '/x\n'],
  [['busybox', 'ls', '/x2', '/bin/sh'], '/bin/sh\n'],
  [['--', 'busybox', 'echo', 'after'], 'after\n'],
];

for (const [args, stdout] of OUTPUTS) {
  test(`prints ${JSON.stringify(stdout)}: ${args.join(' ')}`, async () => {
    const outcome = await run(args, { env: { GIVEN: 'yes' } });
    assert.is(outcome.stdout, stdout, outcome.stderr);
  });
}

test('-v mounts directories and files, and :ro keeps them as they are', async () => {
  place.write('shared/file', 'content\n');
  const script = 'cat /s/file /f; echo new > /s/new; echo no > /r/no; echo no > /f';
  const volumes = [`${place.at('shared')}:/s`, `${place.at('shared')}:/r:ro`, `./shared/file:/f:ro`];
  const { stdout, stderr } = await run([...volumes.flatMap((volume) => ['-v', volume]), 'busybox', 'sh', '-c', script]);
  assert.is(stdout, 'content\ncontent\n');
  assert.is(stderr.match(/Read-only file system/g)?.length, 2);
  assert.is(readFileSync(place.at('shared/new'), 'utf8'), 'new\n');
  assert.not.ok(existsSync(place.at('shared/no')));
});

test('standard input is empty, and with -i it is ours', async () => {
  assert.is((await run(['busybox', 'cat'], { stdin: 'text' })).stdout, '');
  assert.is((await run(['-i', 'busybox', 'cat'], { stdin: 'text' })).stdout, 'text');
});

test('standard output and standard error stay apart', async () => {
  const { stdout, stderr } = await run(['busybox', 'sh', '-c', 'echo out; echo err >&2']);
  assert.equal([stdout, stderr], ['out\n', 'err\n']);
});

test('an image is run by its ID and by the beginning of it', async () => {
  const [{ Id }] = JSON.parse(await place.ok(['inspect', 'entry']));
  for (const name of [Id, Id.slice('sha256:'.length, 20)]) assert.is((await run([name])).stdout, 'entry cmd\n');
});

/** Starts a container that says that it is there, and gives it a signal. */
async function signalled(script: string, ...signals: NodeJS.Signals[]): Promise<Outcome> {
  const child = place.start(['run', 'busybox', 'sh', '-c', `${script}; echo up; while :; do sleep 0.05; done`]);
  const outcome = outcomeOf(child);
  await once(child.stdout as NodeJS.ReadableStream, 'data');
  for (const signal of signals) {
    child.kill(signal);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return outcome;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP', 'SIGQUIT'] as const) {
  test(`${signal} reaches the container, whose exit code counts`, async () => {
    const { code, stdout } = await signalled(`trap "echo got; exit 7" ${signal.slice(3)}`, signal);
    assert.equal([code, stdout], [7, 'up\ngot\n']);
    assert.equal(leftovers(), []);
  });
}

test('a container that does not listen goes with the third signal', async () => {
  const { code, stdout } = await signalled('trap "echo no" TERM', 'SIGTERM', 'SIGTERM', 'SIGTERM');
  assert.equal([code, stdout], [137, 'up\nno\nno\n']);
  assert.equal(leftovers(), []);
});

test('what a container leaves behind goes with it', async () => {
  const { code } = await run(['busybox', 'sh', '-c', 'sleep 1000 & echo $! > /pid; exit 0']);
  assert.is(code, 0);
  assert.equal(leftovers(), []);
  const marker = `TSBUILD_ROOT=${place.root}`;
  const alive = readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && environmentOf(pid).includes(marker));
  assert.equal(alive, []);
  assert.not.match(readFileSync('/proc/self/mountinfo', 'utf8'), new RegExp(place.root));
});

function environmentOf(pid: string): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

test.run();
