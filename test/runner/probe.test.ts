import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { type BindMount, needsUserNamespace, type Probe, probe, sandboxUnavailable } from '../../runner/index.ts';
import { remedyOf, type Surroundings } from '../../runner/probe/report.ts';
import { bundle } from './bundle.ts';
import { TestSandbox } from './kit.ts';

const probing = suite('probe');
let directory = '';

probing.before.each(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-probe-'));
});
probing.after.each(() => rmSync(directory, { recursive: true, force: true }));

probing('this machine can make a sandbox, and the probe leaves nothing', async () => {
  const probes = await probe(directory);
  assert.equal(
    probes.filter(({ ok }) => !ok),
    [],
  );
  assert.is(probes.at(-1)?.name, 'start a program');
  assert.equal(readdirSync(directory), []);
});

interface Told {
  probes: Probe[];
  message: string;
  hint: string;
  notes: string[];
}

/** Runs the probe behind a command that changes what the machine allows. */
function probeBehind(...command: string[]): Told {
  const script = bundle('probe-script.ts', directory);
  const [program = '', ...args] = [...command, process.execPath, script, directory];
  return JSON.parse(execFileSync(program, args, { encoding: 'utf8' })) as Told;
}

if (!needsUserNamespace()) {
  probing('a store on an overlay is named, with another place as the remedy, and a copy stands in for the root', () => {
    for (const name of ['l', 'u', 'w', 'm']) mkdirSync(join(directory, name));
    const script = bundle('probe-script.ts', directory);
    const mount = `cd ${directory} && mount -t overlay -o lowerdir=l,upperdir=u,workdir=w x m && "$@" ${script} m`;
    const output = execFileSync('unshare', ['-m', 'sh', '-c', mount, 'sh', process.execPath], { encoding: 'utf8' });
    const { probes, hint, message } = JSON.parse(output) as Told;
    const overlay = probes.find(({ name }) => name === 'overlay');
    assert.equal([overlay?.ok, overlay?.copied, overlay?.errno], [true, true, 'EINVAL']);
    assert.equal([probes.at(-1)?.name, probes.every(({ ok }) => ok)], ['start a program', true]);
    assert.match(message, /^this machine does not let us make a sandbox: overlay: mount overlay of .*: EINVAL$/);
    assert.match(hint, /--root DIR/);
  });

  probing('a limit of no user namespaces is named', () => {
    // The limit belongs to a user namespace: one of our own is changed, not the machine's.
    const script = 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin "$@"';
    const { probes, hint, notes } = probeBehind('unshare', '-U', '-r', 'sh', '-c', script, 'sh');
    assert.equal([probes.at(-1)?.name, probes.at(-1)?.errno], ['user namespace', 'ENOSPC']);
    assert.match(hint, /max_user_namespaces/);
    assert.ok(notes.some((line) => line.includes('user.max_user_namespaces=0')));
  });

  probing("Docker's default confinement, which is ours, allows no user namespace", async () => {
    const box = await TestSandbox.create();
    try {
      bundle('probe-script.ts', box.directory);
      const host = (path: string) => ({ source: path, target: path, readonly: true, recursive: true });
      const mounts = [host('/usr'), host('/lib'), host('/lib64'), { ...host(box.directory), target: '/tests' }];
      const args = [process.execPath, '/tests/probe-script.mjs', '/dev/shm'];
      const { stdout, stderr } = await box.run(args, { mounts: [...mounts, ...nodeOutside()] });
      assert.is(stderr, '');
      const { probes, notes, hint } = JSON.parse(stdout) as Told;
      assert.equal(probes, [
        { name: 'launcher', ok: true },
        { name: 'user namespace', ok: false, errno: 'EPERM', detail: 'unshare the user namespace' },
      ]);
      assert.ok(notes.some((line) => line.startsWith('uid 0, effective capabilities a80425fb')));
      // A container of ours has no file of an engine's.
      assert.match(hint, /^start the container with --security-opt seccomp=unconfined/);
    } finally {
      box.remove();
    }
  });

  probing('a machine that forbids to execute memory is named, with the setting as the remedy', () => {
    const forbid = 'echo 2 >/proc/sys/vm/memfd_noexec && exec "$@"';
    const { probes, hint } = probeBehind('unshare', '-m', '-p', '-f', '--mount-proc', 'sh', '-c', forbid, 'sh');
    assert.equal([probes.length, probes[0]?.name, probes[0]?.errno], [1, 'launcher', 'EACCES']);
    assert.match(hint, /vm\.memfd_noexec=1/);
  });

  probing('a user namespace below a masked /proc gets the outer one', () => {
    const mask = 'for d in acpi fs bus; do mount -t tmpfs x /proc/$d || exit 1; done; exec unshare -U -r -m "$@"';
    const { probes } = probeBehind('unshare', '-m', 'sh', '-c', mask, 'sh');
    assert.equal(
      probes.filter(({ ok }) => !ok),
      [],
    );
  });
}

/** The directory of a Node that is not below /usr. */
function nodeOutside(): BindMount[] {
  const directory = dirname(dirname(process.execPath));
  if (directory.startsWith('/usr')) return [];
  return [{ source: directory, target: directory, readonly: true, recursive: true }];
}

const PLAIN: Surroundings = { container: false, kubernetes: false, githubActions: false, apparmorRestricts: false };

const REMEDIES: [name: string, failed: Partial<Probe>, around: Partial<Surroundings>, hint: RegExp][] = [
  ['Docker', { name: 'user namespace', errno: 'EPERM' }, { container: true }, /--security-opt seccomp=unconfined/],
  [
    'a job of GitHub Actions in a container',
    { name: 'user namespace', errno: 'EPERM' },
    { container: true, githubActions: true },
    /^in the job: container: options: --security-opt seccomp=unconfined .*systempaths=unconfined/,
  ],
  ['Kubernetes', { name: 'namespaces', errno: 'EPERM' }, { container: true, kubernetes: true }, /securityContext/],
  ['GitHub Actions', { errno: 'EPERM' }, { apparmorRestricts: true, githubActions: true }, /step before the build/],
  ['Ubuntu', { errno: 'EPERM' }, { apparmorRestricts: true }, /apparmor_restrict_unprivileged_userns=0/],
  ['Debian', { errno: 'EPERM' }, {}, /unprivileged_userns_clone=1/],
  ['an old kernel', { errno: 'ENOSYS' }, {}, /Linux 5\.12/],
  ['a limit', { errno: 'ENOSPC' }, {}, /max_\*_namespaces/],
  ['a limit of users', { name: 'user namespace', errno: 'ENOSPC' }, {}, /max_user_namespaces/],
  ['a kernel without overlays', { name: 'overlay', errno: 'ENODEV', copied: true }, {}, /^load .*modprobe overlay$/],
  ['overlays for root alone', { name: 'overlay', errno: 'EPERM', copied: true }, {}, /^run as root, or .*5\.11/],
  ['an overlay below', { name: 'overlay', errno: 'EINVAL' }, { container: true }, /--root DIR/],
];

for (const [name, failed, around, hint] of REMEDIES) {
  probing(`the remedy for ${name}`, () => {
    assert.match(remedyOf({ name: 'namespaces', ok: false, ...failed }, { ...PLAIN, ...around }), hint);
  });
}

probing('the error lists every probe, who we are and what the kernel was told', () => {
  const { code, notes } = sandboxUnavailable([
    { name: 'namespaces', ok: true },
    { name: 'proc', ok: false, errno: 'EPERM', detail: 'mount proc' },
  ]);
  assert.is(code, 'SANDBOX');
  assert.equal(notes.slice(0, 2), ['ok      namespaces', 'failed  proc: EPERM (mount proc)']);
  assert.match(notes[2] ?? '', /^uid \d+, effective capabilities [0-9a-f]+/);
});

probing.run();
