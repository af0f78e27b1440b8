import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { RunningContainer } from '../../runner/index.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const test = suite('terminals, programs more, and a first process of ours');

async function withSandbox(work: (sandbox: TestSandbox) => Promise<void>): Promise<void> {
  const sandbox = await TestSandbox.create();
  try {
    await work(sandbox);
  } finally {
    sandbox.remove();
  }
}

const terminal = { rows: 33, columns: 77 };

test('a terminal is private, has the size asked for, and is the controlling one', () =>
  withSandbox(async (sandbox) => {
    const script =
      'tty; ls -1 /dev/pts; stty size; test -t 0 && test -t 1 && test -t 2 && echo three; echo x >/dev/tty';
    const { stdout, exit } = await sandbox.shell(script, {}, { terminal });
    assert.equal(exit, { code: 0 });
    assert.is(stdout, '/dev/pts/0\r\n0\r\nptmx\r\n33 77\r\nthree\r\nx\r\n');
  }));

test('what is typed arrives, and a new size is told', () =>
  withSandbox(async (sandbox) => {
    let container: RunningContainer | undefined;
    const { stdout } = await sandbox.shell(
      'trap "stty size; exit 4" WINCH; read line; echo "[$line]"; while :; do sleep 0.05; done',
      {},
      {
        terminal,
        stdin: 'pipe',
        onStart: (started) => {
          container = started;
          started.stdin?.write('hello\n');
          setTimeout(() => container?.resize({ rows: 5, columns: 6 }), 300);
        },
      },
    );
    assert.is(stdout, 'hello\r\n[hello]\r\n5 6\r\n');
  }));

test('a container with a terminal that cannot be made is an error', () =>
  withSandbox(async (sandbox) => {
    const missing = { source: '/no/such/file', target: '/x', readonly: true, recursive: false };
    await sandbox.shell('true', { mounts: [missing] }, { terminal }).then(
      () => assert.unreachable('it was made'),
      (error: Error) => assert.match(error.message, /no.such.file.*ENOENT|ENOENT.*no.such.file/),
    );
  }));

test('standard input is a pipe that can be opened by name, and ends', () =>
  withSandbox(async (sandbox) => {
    const { stdout } = await sandbox.shell(
      'cat /dev/stdin; echo end',
      {},
      {
        stdin: 'pipe',
        onStart: ({ stdin }) => stdin?.end('some text\n'),
      },
    );
    assert.is(stdout, 'some text\nend\n');
  }));

/** Runs a script in a container that waits for it, and returns what it said. */
async function execIn(script: string, changes = {}, io = {}): Promise<{ said: string; exit: unknown; ended: unknown }> {
  const result = { said: '', exit: undefined as unknown, ended: undefined as unknown };
  await withSandbox(async (sandbox) => {
    const spec = sandbox.spec([], changes);
    const hear = (chunk: Buffer) => {
      result.said += chunk;
    };
    const { exit } = await sandbox.run(['sh', '-c', 'trap "exit 9" TERM; while :; do sleep 0.02; done'], changes, {
      onStart: async (container) => {
        await new Promise((resolve) => setTimeout(resolve, 100));
        const own = { ...spec, args: ['sh', '-c', script], ownNetwork: true };
        result.exit = await container.exec(own, { stdout: hear, stderr: hear, ...io });
        container.kill('SIGTERM');
      },
    });
    result.ended = exit;
  });
  return result;
}

test('a program more is in all namespaces of the container, and has its rights and no others', async () => {
  const script =
    'for n in mnt pid net uts ipc; do [ "$(readlink /proc/self/ns/$n)" = "$(readlink /proc/1/ns/$n)" ] && echo $n; done; ' +
    'for k in CapEff CapBnd Seccomp; do [ "$(grep ^$k /proc/self/status)" = "$(grep ^$k /proc/1/status)" ] && echo $k; done; ' +
    'ls /proc/self/fd | wc -l; hostname; mount -t tmpfs x /tmp 2>/dev/null || echo refused; exit 5';
  const { said, exit, ended } = await execIn(script);
  assert.equal(said.split('\n'), 'mnt pid net uts ipc CapEff CapBnd Seccomp 4 build refused'.split(' ').concat(''));
  assert.equal([exit, ended], [{ code: 5 }, { code: 9 }]);
});

test('a program more can have a terminal of the container', async () => {
  const { said } = await execIn('tty; stty size; ps | grep -c "[l]auncher"', {}, { terminal });
  assert.is(said, '/dev/pts/0\r\n33 77\r\n0\r\n');
});

test('a program more ends with the container', () =>
  withSandbox(async (sandbox) => {
    let ended: unknown;
    await sandbox.run(
      ['sh', '-c', 'trap "exit 0" TERM; while :; do sleep 0.02; done'],
      {},
      {
        onStart: async (container) => {
          const own = { ...sandbox.spec(['sleep', '1000']), ownNetwork: true };
          setTimeout(() => container.kill('SIGTERM'), 200);
          ended = await container.exec(own, { stdout: () => undefined, stderr: () => undefined });
        },
      },
    );
    for (let tries = 0; ended === undefined && tries < 100; tries++) await new Promise((next) => setTimeout(next, 10));
    assert.equal(ended, { signal: 'SIGKILL' });
  }));

test('the first process of ours passes signals on, collects orphans, and ends as the command does', () =>
  withSandbox(async (sandbox) => {
    const script =
      '(sleep 0.05 & ) ; sleep 0.2; ps -o pid,stat | grep -c " Z"; echo $$; trap "exit 6" TERM; while :; do sleep 0.02; done';
    const { stdout, exit } = await sandbox.shell(
      script,
      { init: true },
      {
        onStart: (container) => setTimeout(() => container.kill('SIGTERM'), 600),
      },
    );
    assert.equal([stdout, exit], ['0\n2\n', { code: 6 }]);
    assert.equal((await sandbox.shell('kill -9 $$', { init: true })).exit, { signal: 'SIGKILL' });
    assert.equal((await sandbox.run(['nope'], { init: true })).exit, {
      code: 127,
      message: 'exec "nope": executable file not found in $PATH',
    });
  }));

test('capabilities are those that are asked for', () =>
  withSandbox(async (sandbox) => {
    const { stdout } = await sandbox.shell('grep -E "Cap(Eff|Bnd)" /proc/self/status', { capabilities: [0, 5] });
    assert.equal(stdout.match(/[0-9a-f]{16}/g), ['0000000000000021', '0000000000000021']);
  }));

test.run();
