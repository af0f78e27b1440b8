import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { examineEmulators } from '../../src/doctor/emulators.ts';
import { examineKernel } from '../../src/doctor/kernel.ts';
import { asRoot, installCommand } from '../../src/doctor/packages.ts';
import { examinePrograms } from '../../src/doctor/programs.ts';
import { examineSandbox } from '../../src/doctor/sandbox.ts';
import { type Who, withPlace } from '../e2e/place.ts';
import { findProgram } from '../house/programs.ts';
import { Workplace } from '../support/workplace.ts';

const doctor = suite('doctor');

interface Report {
  ok: boolean;
  findings: { name: string; status: string; detail: string; fix?: string }[];
}

function finding({ findings }: Report, name: string): Report['findings'][number] {
  const found = findings.find((one) => one.name === name);
  if (found === undefined) throw new Error(`no finding ${name}`);
  return found;
}

if (process.geteuid?.() === 0) {
  const IDS: [who: Who, status: string, detail: RegExp, fix: RegExp | undefined][] = [
    ['root', 'ok', /^root: all ids$/, undefined],
    ['user', 'ok', /range of ids/, undefined],
    [
      'user with one id',
      'limited',
      /^one id only/,
      /^sudo usermod --add-subuids \S+ "\$\(id -un \d+\)" && sudo usermod/,
    ],
  ];
  for (const [who, status, detail, fix] of IDS) {
    doctor(`as ${who}: a sandbox can be made, a network is isolated, and the ids are told`, () =>
      withPlace(who, async (place) => {
        const report = JSON.parse(await place.ok(['doctor', '--json'])) as Report;
        assert.ok(report.ok);
        assert.is(finding(report, 'sandbox: start a program').status, 'ok');
        assert.match(finding(report, 'network').detail, /^isolated, through \/.*pasta$/);
        for (const backend of ['launcher', 'crun', 'runc']) {
          assert.match(finding(report, `back end: ${backend}`).detail, /tried$/);
        }
        assert.is(finding(report, 'program: git').detail, findProgram('git'));
        const ids = finding(report, 'user ids');
        assert.is(ids.status, status);
        assert.match(ids.detail, detail);
        if (fix === undefined) assert.is(ids.fix, undefined);
        else assert.match(ids.fix ?? '', fix);
      }),
    );
  }

  doctor('a device of tunnels that is closed to the user is named, with the command that opens it', () =>
    withPlace('root', async (place) => {
      const closed = place.write('closed', '');
      chmodSync(closed, 0o600);
      const mounts = 'mount --bind "$0" /dev/net/tun && mount -t tmpfs -o mode=777 tmpfs /mnt';
      const asNobody = 'exec setpriv --reuid 65534 --regid 65534 --clear-groups env TSBUILD_ROOT=/mnt/store "$@"';
      const through = ['unshare', '--mount', 'sh', '-c', `${mounts} && ${asNobody}`, closed];
      const report = JSON.parse((await place.run(['doctor', '--json'], { through })).stdout) as Report;
      const { status, detail, fix } = finding(report, 'network');
      assert.is(status, 'limited');
      assert.match(detail, /no program connects a network of its own/);
      assert.match(fix ?? '', /chmod 666 \/dev\/net\/tun/);
    }),
  );

  doctor('without user namespaces it fails, and says which part and what to do', async () => {
    const place = new Workplace();
    try {
      const deny = 'echo 0 >/proc/sys/user/max_user_namespaces && exec setpriv --bounding-set=-sys_admin "$@"';
      const through = ['unshare', '--user', '--map-root-user', 'sh', '-c', deny, 'sh'];
      const { code, stdout } = await place.run(['doctor'], { through });
      assert.is(code, 1);
      assert.match(
        stdout,
        /^FAILED +sandbox: user namespace +.*ENOSPC; no RUN can be executed\n +fix: raise user\.max_/m,
      );
      const json = JSON.parse((await place.run(['doctor', '--json'], { through })).stdout) as Report;
      assert.not.ok(json.ok);
    } finally {
      place.remove();
    }
  });
}

const KERNELS: [version: string, processor: string, status: string][] = [
  ['6.18.1-generic', 'x64', 'ok'],
  ['6.8.0', 'x64', 'ok'],
  ['6.7.12', 'x64', 'limited'],
  ['5.12.0', 'x64', 'limited'],
  ['5.11.22', 'x64', 'failed'],
  ['4.18.0-553.el8', 'x64', 'failed'],
  ['6.18.1', 'arm64', 'ok'],
  ['6.18.1', 'riscv64', 'failed'],
];
for (const [version, processor, status] of KERNELS) {
  doctor(`Linux ${version} on ${processor}: ${status}`, () =>
    assert.is(examineKernel(version, processor).status, status),
  );
}

const INSTALL: [manager: string, packageName: string, command: string][] = [
  ['apt-get', 'uidmap', 'sudo apt-get install -y uidmap'],
  ['dnf', 'uidmap', 'sudo dnf install -y shadow-utils'],
  ['apk', 'xz-utils', 'sudo apk add xz'],
  ['pacman', 'passt', 'sudo pacman -S --noconfirm passt'],
  ['none', 'passt', 'install the package passt'],
];
for (const [manager, packageName, command] of INSTALL) {
  doctor(`with ${manager}: ${command}`, () => {
    const find = (program: string) => (program === manager ? program : undefined);
    assert.is(installCommand(packageName, 1000, find), command);
  });
}

doctor('root needs no sudo', () => assert.is(asRoot('x', 0), 'x'));

doctor('programs that are missing are named with what does not work without them', () => {
  const [git] = examinePrograms({ uid: 0 }, '/nonexistent');
  assert.equal([git?.status, git?.detail], ['limited', 'no git repository as context, and none for ADD']);
});

doctor('emulators that the kernel has opened are told', async () => {
  const place = new Workplace();
  try {
    mkdirSync(place.at('binfmt'));
    writeFileSync(place.at('binfmt/status'), 'enabled\n');
    assert.is(examineEmulators({ uid: 0 }, place.at('binfmt')).status, 'limited');
    const magic = `7f454c460201010000000000000000000200${'b700'}`;
    const entry = `enabled\ninterpreter /usr/bin/qemu-aarch64\nflags: F\noffset 0\nmagic ${magic}\n`;
    writeFileSync(place.at('binfmt/qemu-aarch64'), entry);
    assert.equal(examineEmulators({ uid: 0 }, place.at('binfmt')).detail, 'emulated: arm64');
  } finally {
    place.remove();
  }
});

doctor('what failed carries the remedy', () => {
  const [ok, failed] = examineSandbox([
    { name: 'namespaces', ok: true },
    { name: 'overlay', ok: false, errno: 'EINVAL', detail: 'mount overlay of 1 layers' },
  ]);
  assert.is(ok?.status, 'ok');
  assert.match(failed?.fix ?? '', /--root DIR/);
});

doctor.run();
