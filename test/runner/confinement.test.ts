import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { hasSingleId, inUserNamespace } from '../../runner/index.ts';
import { becomeRoot, TestSandbox } from './kit.ts';

await becomeRoot();
const confinement = suite('confinement');
let box: TestSandbox;
const rootless = inUserNamespace();

confinement.before.each(async () => {
  box = await TestSandbox.create();
});
confinement.after.each(() => box.remove());

function capabilities(status: string): Record<string, string> {
  return Object.fromEntries([...status.matchAll(/^Cap(\w+):\t0*(\w+)$/gm)].map((match) => [match[1], match[2]]));
}

confinement("root has Docker's fourteen capabilities and can get no other", async () => {
  const { stdout } = await box.run(['cat', '/proc/self/status']);
  assert.equal(capabilities(stdout), { Inh: '0', Prm: 'a80425fb', Eff: 'a80425fb', Bnd: 'a80425fb', Amb: '0' });
  assert.match(stdout, /^NoNewPrivs:\t0$/m);
  assert.match(stdout, /^Seccomp:\t2$/m);
});

if (!hasSingleId()) {
  confinement('a user has none, and the groups it was given', async () => {
    const user = { uid: 1000, gid: 1001, groups: [5, 1002] };
    const { stdout } = await box.run(['cat', '/proc/self/status'], { user });
    assert.equal(capabilities(stdout), { Inh: '0', Prm: '0', Eff: '0', Bnd: 'a80425fb', Amb: '0' });
    assert.match(stdout, /^Uid:\t1000\t1000\t1000\t1000$/m);
    assert.match(stdout, /^Gid:\t1001\t1001\t1001\t1001$/m);
    assert.match(stdout, /^Groups:\t5 1002 $/m);
  });

  confinement('a set-user-id program works, as in Docker', async () => {
    await box.shell('mkdir /suid; cp /bin/busybox /suid; chmod 4755 /suid/busybox');
    const ping = ['busybox', 'ping', '-c1', '127.0.0.1'];
    const user = { uid: 1000, gid: 1000, groups: [] };
    assert.equal((await box.run(ping, { user })).exit, { code: 1 });
    assert.equal((await box.run(ping, { user, env: ['PATH=/suid'] })).exit, { code: 0 });
  });
}

/** Each line prints what the kernel makes of it. */
const REFUSED: [name: string, script: string, output: RegExp][] = [
  ['mount', 'mount -t tmpfs x /tmp', /denied|not permitted/],
  ['unmount of a mask', 'umount /proc/sys', /denied|not permitted/],
  ['remount of /sys', 'mount -o remount,rw /sys', /denied|not permitted/],
  ['a new user namespace', 'unshare -U true', /not permitted/],
  ['a new mount namespace', 'unshare -m true', /not permitted/],
  ['the hostname', 'hostname other', /not permitted/],
  ['the clock', 'date -s 2000-01-01', /not permitted/],
  ['a sysctl', 'echo 1 >/proc/sys/vm/drop_caches', /Read-only/],
  ['the magic key', 'echo h >/proc/sysrq-trigger', /Read-only|nonexistent|denied/],
  ['the kernel log', 'dmesg', /not permitted/],
  ['a write to /sys', 'echo x >/sys/kernel/x', /Read-only|nonexistent/],
  ['the swap', 'swapon /etc/passwd', /not permitted/],
];

for (const [name, script, output] of REFUSED) {
  confinement(`refused: ${name}`, async () => {
    assert.match((await box.shell(script)).stderr, output);
  });
}

if (!rootless) {
  confinement('a device node can be made and not opened', async () => {
    const { stdout } = await box.shell(`
      for d in / /dev /dev/shm /tmp; do
        mknod $d/disk b 254 0 && mknod $d/mem c 1 1 && echo made
        head -c 1 $d/disk 2>&1; head -c 1 $d/mem 2>&1
      done`);
    assert.equal(
      stdout
        .trim()
        .split('\n')
        .map((line) => line.replace(/^head: \S+ /, '')),
      Array.from({ length: 4 }, () => ['made', 'Permission denied', 'Permission denied']).flat(),
    );
  });

  confinement('a device node in a bind mount cannot be opened either', async () => {
    mkdirSync(join(box.directory, 'cache'));
    const mounts = [{ source: join(box.directory, 'cache'), target: '/cache', readonly: false, recursive: true }];
    const { stdout } = await box.shell('mknod /cache/null c 1 3 && echo made; echo x >/cache/null', { mounts });
    assert.is(stdout, 'made\n');
  });
}

confinement('six devices work, and the links that programs expect are there', async () => {
  const { stdout, exit } = await box.shell(`
    cd /dev; for n in null zero full random urandom tty; do [ -c $n ] && echo $n; done
    head -c 4 zero | od -An -tx1; head -c 4 urandom | wc -c; echo x >full; echo x >null && echo written
    for l in fd stdin stdout stderr ptmx core; do readlink $l; done; ls`);
  assert.equal(exit, { code: 0 });
  assert.is(
    stdout.replace(/ +/g, ' '),
    ['null zero full random urandom tty', ' 00 00 00 00', '4', 'written']
      .flatMap((line) => (line.startsWith('null') ? line.split(' ') : [line]))
      .concat(['/proc/self/fd', '/proc/self/fd/0', '/proc/self/fd/1', '/proc/self/fd/2', 'pts/ptmx', '/proc/kcore'])
      .concat(['core', 'fd', 'full', 'mqueue', 'null', 'ptmx', 'pts', 'random', 'shm', 'stderr', 'stdin', 'stdout'])
      .concat(['tty', 'urandom', 'zero', ''])
      .join('\n'),
  );
});

confinement('what the kernel tells of the host is masked', async () => {
  const { stdout } = await box.shell(`
    for f in interrupts kcore keys latency_stats sched_debug timer_list timer_stats; do
      [ ! -e /proc/$f ] || [ "$(head -c 1 /proc/$f | wc -c)" = 0 ] || echo /proc/$f
    done
    for d in /proc/acpi /proc/asound /proc/scsi /sys/firmware /sys/devices/virtual/powercap; do
      [ ! -d $d ] || [ -z "$(ls $d)" ] || echo $d
    done
    for d in bus fs irq sys; do grep -q " /proc/$d .*ro," /proc/mounts || echo $d; done`);
  assert.is(stdout, '');
});

confinement('processes of the host are not to be seen', async () => {
  const { stdout } = await box.shell('ls /proc | grep -c "^[0-9]"; true');
  assert.ok(Number(stdout) <= 3, stdout);
});

confinement('no mount of the host is left below the root', async () => {
  const { stdout } = await box.shell('cut -d" " -f5 /proc/self/mountinfo | grep -vE "^/(dev|proc|sys)(/|$)"');
  assert.is(stdout, '/\n');
});

const LIMITS: [name: string, soft: number, hard: number, line: string][] = [
  ['nofile', 256, 512, 'Max open files'],
  ['core', 0, 0, 'Max core file size'],
  ['nproc', 500, 600, 'Max processes'],
];

for (const [name, soft, hard, line] of LIMITS) {
  confinement(`ulimit ${name}`, async () => {
    const { stdout } = await box.run(['grep', line, '/proc/self/limits'], { ulimits: [{ name, soft, hard }] });
    assert.equal(stdout.slice(line.length).trim().split(/\s+/).slice(0, 2), [`${soft}`, `${hard}`]);
  });
}

confinement('the soft limit of descriptors is that of a service, not what Node has', async () => {
  assert.is((await box.shell('ulimit -Sn')).stdout, '1024\n');
});

confinement('an unknown limit is named', async () => {
  await box.run(['true'], { ulimits: [{ name: 'nofiles', soft: 1, hard: 1 }] }).then(
    () => assert.unreachable(),
    (error: Error) => assert.is(error.message, 'unknown ulimit: "nofiles"'),
  );
});

confinement.run();
