import { closeSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import type { SandboxExit } from '../../runner/index.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const sandbox = suite('sandbox');
let box: TestSandbox;

sandbox.before.each(async () => {
  box = await TestSandbox.create();
});
sandbox.after.each(() => box.remove());

const EXITS: [name: string, args: string[], expected: SandboxExit][] = [
  ['success', ['true'], { code: 0 }],
  ['failure', ['sh', '-c', 'exit 42'], { code: 42 }],
  ['the highest code', ['sh', '-c', 'exit 255'], { code: 255 }],
  ['a signal of a child, as the shell says it', ['sh', '-c', 'sh -c "kill -9 \\$\\$"; exit $?'], { code: 137 }],
  ['127 of a shell is its own', ['sh', '-c', 'nope'], { code: 127 }],
  [
    'a command that is not along the PATH',
    ['nope'],
    { code: 127, message: 'exec "nope": executable file not found in $PATH' },
  ],
  ['a path to nothing', ['/nope'], { code: 127, message: 'exec "/nope": no such file or directory' }],
  [
    'a file that is not executable',
    ['/etc/passwd'],
    { code: 126, message: 'exec "/etc/passwd": EACCES (permission denied)' },
  ],
  ['a directory', ['/etc'], { code: 126, message: 'exec "/etc": EACCES (permission denied)' }],
];

for (const [name, args, expected] of EXITS) {
  sandbox(`exit: ${name}`, async () => {
    assert.equal((await box.run(args)).exit, expected);
  });
}

sandbox('a file that the kernel cannot execute is 126', async () => {
  box.write('upper/bin/text', 'no program', 0o755);
  const { exit } = await box.run(['text']);
  assert.equal(exit, { code: 126, message: 'exec "text": ENOEXEC (exec format error)' });
});

sandbox('the search goes on behind a file that is not executable', async () => {
  box.write('upper/first/tool', '#!/bin/sh\necho first\n', 0o644);
  box.write('upper/second/tool', '#!/bin/sh\necho second\n', 0o755);
  const { stdout } = await box.run(['tool'], { env: ['PATH=/first:/second'] });
  assert.is(stdout, 'second\n');
});

sandbox('arguments and environment arrive as UTF-8, and nothing else does', async () => {
  const { stdout } = await box.run(['sh', '-c', 'echo "$1"; env', 'sh', 'grüße "x" $y'], {
    env: { PATH: '/usr/bin:/bin', EMPTY: '', NAME: 'Zoë' },
  });
  const [first, ...env] = stdout.trim().split('\n');
  assert.is(first, 'grüße "x" $y');
  assert.equal(env.filter((line) => !/^(PWD|SHLVL|_)=/.test(line)).sort(), [
    'EMPTY=',
    'NAME=Zoë',
    'PATH=/usr/bin:/bin',
  ]);
});

sandbox('output comes as two streams, whole, however much it is', async () => {
  const { stdout, stderr } = await box.shell('yes 0123456789abcde | head -c 3000000; echo end >&2');
  assert.is(stdout.length, 3_000_000);
  assert.is(stderr, 'end\n');
});

sandbox('standard streams can be opened by name, also by a user', async () => {
  const script = 'echo out >/dev/stdout; echo err >/dev/stderr; readlink /proc/self/fd/0';
  for (const uid of box.spec([]).singleUid ? [0] : [0, 1000]) {
    const { stdout, stderr } = await box.shell(script, { user: { uid, gid: uid, groups: [] } });
    assert.equal([stdout, stderr], ['out\n/dev/null\n', 'err\n']);
  }
});

sandbox('only 0, 1 and 2 are open', async () => {
  const { stdout } = await box.shell('ls /proc/$$/fd; for n in 0 1 2; do readlink /proc/$$/fd/$n; done');
  assert.is(stdout.replace(/:.*/g, ''), '0\n1\n2\n/dev/null\npipe\npipe\n');
});

sandbox('the command is the first process, in a session of its own, with a clean signal state', async () => {
  const { stdout } = await box.shell('echo $$; cut -d" " -f5,6 /proc/1/stat; umask');
  assert.is(stdout, '1\n1 1\n0022\n');
  const signals = await box.run(['grep', '-E', 'Sig(Blk|Ign)', '/proc/self/status']);
  assert.is(signals.stdout, 'SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n');
});

sandbox('the working directory is entered, and one that is missing is reported', async () => {
  assert.is((await box.shell('pwd', { cwd: '/etc' })).stdout, '/etc\n');
  await box.run(['true'], { cwd: '/missing' }).then(
    () => assert.unreachable(),
    (error: { code: string; message: string }) => {
      assert.is(error.code, 'NOT_FOUND');
      assert.is(error.message, 'chdir to /missing: ENOENT (no such file or directory)');
    },
  );
});

sandbox('the hostname is its own', async () => {
  assert.is((await box.shell('hostname', { hostname: 'own-name' })).stdout, 'own-name\n');
});

sandbox('without network there is a loopback that works, and nothing else', async () => {
  const { stdout, exit } = await box.shell(
    'ls /sys/class/net; ip -o addr show lo | grep -c 127.0.0.1; nc -l -p 7000 </dev/null & sleep 0.2; echo x | nc 127.0.0.1 7000',
  );
  assert.equal([exit, stdout.split('\n').filter((line) => /^(lo|eth|en|1)/.test(line))], [{ code: 0 }, ['lo', '1']]);
});

sandbox('changes are in the upper directory, and mount points are not', async () => {
  box.write('hosts', '127.0.0.1 localhost\n');
  box.write('resolv', 'nameserver 192.0.2.1\n');
  const etc = { hosts: join(box.directory, 'hosts'), resolvConf: join(box.directory, 'resolv'), hostname: undefined };
  const { stdout } = await box.shell('cat /etc/hosts /etc/resolv.conf; echo x >/new', { etc });
  assert.is(stdout, '127.0.0.1 localhost\nnameserver 192.0.2.1\n');
  assert.equal(readdirSync(join(box.directory, 'upper')), ['new']);
});

sandbox('a file of /etc covers a link of the image and never follows it', async () => {
  box.write('hosts', 'ours\n');
  await box.shell('mkdir /x; ln -s /x/target /etc/hosts.new; mv /etc/hosts.new /etc/hosts');
  const { stdout } = await box.shell('cat /etc/hosts; echo write 2>/dev/null >/etc/hosts; ls /x', {
    etc: { hosts: join(box.directory, 'hosts') },
  });
  assert.is(stdout, 'ours\n');
});

sandbox('a root that is read-only refuses writes, and /tmp of its own takes them', async () => {
  const { stdout } = await box.shell('touch /x 2>/dev/null || echo no; touch /tmp/x && echo yes', {
    readonlyRoot: true,
    tmpfs: [{ target: '/tmp' }],
  });
  assert.is(stdout, 'no\nyes\n');
});

sandbox('standard input is a descriptor that it is given', async () => {
  const path = box.write('input', 'from a file\n');
  const fd = openSync(path, 'r');
  assert.is((await box.run(['cat'], {}, { stdin: fd })).stdout, 'from a file\n');
  closeSync(fd);
});

sandbox.run();
