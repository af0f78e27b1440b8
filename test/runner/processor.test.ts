import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seccompFilter } from '../../runner/seccomp/profile.ts';
import { needProgram } from '../house/programs.ts';
import { bundle } from './bundle.ts';

const processor = suite('the launcher of another processor');
let directory = '';

interface Made {
  launcher: string;
  names: string[];
  numbers: string;
  life: string;
  failing: string;
  filter: string;
}

processor.before(() => {
  directory = mkdtempSync(join(tmpdir(), 'tsbuild-processor-'));
});
processor.after(() => rmSync(directory, { recursive: true, force: true }));

/** What is made for a processor, whichever this machine's is. */
function madeFor(arch: 'x64' | 'arm64'): Made {
  const place = join(directory, arch);
  mkdirSync(place, { recursive: true });
  const script = bundle('processor-script.ts', place, { 'process.arch': JSON.stringify(arch) });
  const made = JSON.parse(execFileSync(process.execPath, [script], { encoding: 'utf8' })) as Made;
  writeFileSync(join(place, 'launcher'), Buffer.from(made.launcher, 'base64'), { mode: 0o755 });
  return made;
}

/** Runs a program with the launcher for a processor, under an emulator where it is not this machine's. */
function run(arch: 'x64' | 'arm64', program: string): { code: number | null; stdout: string; reports: Buffer } {
  const place = mkdtempSync(join(directory, 'run-'));
  const [input, output] = [join(place, 'input'), join(place, 'output')];
  writeFileSync(input, Buffer.from(program, 'base64'));
  const launcher = join(directory, arch, 'launcher');
  const command = arch === process.arch ? [launcher] : [needProgram(EMULATORS[arch]), launcher];
  const script = `exec "$@" 3<'${input}' 4>'${output}'`;
  const { status, stdout } = spawnSync('sh', ['-c', script, 'sh', ...command], { cwd: place, encoding: 'utf8' });
  return { code: status, stdout, reports: readFileSync(output) };
}

const EMULATORS = { arm64: 'qemu-aarch64-static', x64: 'qemu-x86_64-static' } as const;

/** Calls that qemu-user 7.2 does not pass on, and what it says of others before the kernel looks at them. */
const NOT_EMULATED = 'ioctl seccomp execveat open_tree move_mount fsopen fsconfig fsmount openat2 mount_setattr'.split(
  ' ',
);
const SAID_BEFORE: Readonly<Record<string, keyof typeof constants.errno>> = {
  read: 'EFAULT',
  write: 'EFAULT',
  socket: 'EAFNOSUPPORT',
  fcntl: 'EINVAL',
  umount2: 'EFAULT',
  sethostname: 'EFAULT',
  lsetxattr: 'EFAULT',
  mknodat: 'EFAULT',
  unlinkat: 'EFAULT',
  ppoll: 'EINVAL',
  memfd_create: 'EFAULT',
  pidfd_send_signal: 'EFAULT',
};

/** What an emulator may answer in the place of the kernel. */
function isEmulators(name: string, errno: number): boolean {
  const said = SAID_BEFORE[name];
  if (NOT_EMULATED.includes(name)) return errno === constants.errno.ENOSYS;
  return said !== undefined && errno === constants.errno[said];
}

/** The errno of each call with arguments that nothing accepts; 0 for those that have none. */
function refusals(arch: 'x64' | 'arm64'): Map<string, number> {
  const { names, numbers } = madeFor(arch);
  const { code, reports } = run(arch, numbers);
  assert.is(code, 0);
  assert.is(reports.length, names.length * 8);
  return new Map(names.map((name, index) => [name, Math.max(0, -Number(reports.readBigInt64LE(index * 8)))] as const));
}

processor('every call of arm64 is the one of x86-64: both refuse the same arguments in the same way', () => {
  const [x64, arm64] = [refusals('x64'), refusals('arm64')];
  assert.equal([...arm64.keys()], [...x64.keys()]);
  assert.ok(arm64.size > 50);
  const differing = [...arm64].filter(([name, errno]) => errno !== x64.get(name) && !isEmulators(name, errno));
  assert.equal(differing, []);
});

processor('the filter of arm64 is for arm64 and its 32-bit programs', () => {
  const filter = Buffer.from(madeFor('arm64').filter, 'base64');
  assert.equal(filter, seccompFilter({}, 'arm64'));
  assert.ok(filter.length / 8 < 4096);
  // AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM: BPF_JEQ with these values, and none of x86's.
  const compared = Array.from({ length: filter.length / 8 }, (_, index) => filter.readUInt32LE(index * 8 + 4));
  for (const arch of [0xc000_00b7, 0x4000_0028]) assert.ok(compared.includes(arch));
  for (const arch of [0xc000_003e, 0x4000_0003]) assert.not.ok(compared.includes(arch));
});

processor('a program on arm64 forks, jumps, hands results on and becomes another', () => {
  const { life } = madeFor('arm64');
  const { code, stdout, reports } = run('arm64', life);
  assert.equal([code, stdout, reports.length], [0, 'executed file\n', 0]);
});

processor('a failing call on arm64 is reported by its entry and its error', () => {
  const { failing } = madeFor('arm64');
  const { code, reports } = run('arm64', failing);
  assert.is(code, 1);
  assert.is(reports.length, 16);
  assert.is(Number(reports.readBigInt64LE(8)), -constants.errno.ENOENT);
});

processor.run();
