import { suite } from 'uvu';
import * as assert from 'uvu/assert';
import { seccompFilter } from '../../runner/seccomp/profile.ts';

const seccomp = suite('seccomp filter');

const X64 = 0xc000003e;
const I386 = 0x40000003;
const ARM64 = 0xc00000b7;

const ANSWERS: Record<number, string> = { 2147418112: 'allow', 327680: 'success', 327681: 'EPERM', 327718: 'ENOSYS' };

/** Classic BPF with the instructions that the kernel's seccomp_check_filter allows and we use. */
function evaluate(filter: Buffer, arch: number, number: number, argument = 0n): string {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(number, 0);
  data.writeUInt32LE(arch, 4);
  data.writeBigUInt64LE(BigInt.asUintN(64, argument), 16);
  let accumulator = 0;
  for (let pc = 0; pc * 8 < filter.length; pc += 1) {
    const [code, jt, jf] = [filter.readUInt16LE(pc * 8), filter.readUInt8(pc * 8 + 2), filter.readUInt8(pc * 8 + 3)];
    const k = filter.readUInt32LE(pc * 8 + 4);
    if (code === 0x20) accumulator = data.readUInt32LE(k);
    else if (code === 0x54) accumulator = (accumulator & k) >>> 0;
    else if (code === 0x15) pc += accumulator === k ? jt : jf;
    else if (code === 0x35) pc += accumulator >= k ? jt : jf;
    else if (code === 0x05) pc += k;
    else if (code === 0x06) return ANSWERS[k] ?? `${k}`;
    else throw new Error(`instruction ${code}`);
  }
  throw new Error('the filter ends without an answer');
}

const CASES: [name: string, number: number, argument: bigint, answer: string][] = [
  ['read', 0, 0n, 'allow'],
  ['execve', 59, 0n, 'allow'],
  ['ptrace', 101, 0n, 'allow'],
  ['chroot', 161, 0n, 'allow'],
  ['mount', 165, 0n, 'EPERM'],
  ['reboot', 169, 0n, 'EPERM'],
  ['init_module', 175, 0n, 'EPERM'],
  ['keyctl', 250, 0n, 'EPERM'],
  ['unshare', 272, 0n, 'EPERM'],
  ['setns', 308, 0n, 'EPERM'],
  ['bpf', 321, 0n, 'EPERM'],
  ['userfaultfd', 323, 0n, 'EPERM'],
  ['io_uring_setup', 425, 0n, 'EPERM'],
  ['open_tree', 428, 0n, 'EPERM'],
  ['mseal', 462, 0n, 'allow'],
  ['removexattrat, the newest', 466, 0n, 'allow'],
  ['one newer than the profile', 467, 0n, 'ENOSYS'],
  ['a number far above', 100_000, 0n, 'ENOSYS'],
  ['read of x32', 0x4000_0000, 0n, 'ENOSYS'],
  ['fork by clone', 56, 0x0120_0011n, 'allow'],
  ['a thread by clone', 56, 0x3d_0f00n, 'allow'],
  ['clone with CLONE_NEWUSER', 56, 0x1000_0011n, 'EPERM'],
  ['clone with CLONE_NEWNS', 56, 0x2_0011n, 'EPERM'],
  ['clone with CLONE_NEWCGROUP', 56, 0x200_0011n, 'EPERM'],
  ['clone3', 435, 0n, 'ENOSYS'],
  ['personality(0)', 135, 0n, 'allow'],
  ['personality(PER_LINUX32)', 135, 8n, 'allow'],
  ['personality(ADDR_NO_RANDOMIZE)', 135, 0x4_0000n, 'EPERM'],
  ['the query of personality', 135, 0xffff_ffffn, 'allow'],
  ['the query of personality, sign-extended', 135, -1n, 'allow'],
  ['socket(AF_UNIX)', 41, 1n, 'allow'],
  ['socket(AF_INET6)', 41, 10n, 'allow'],
  ['socket(AF_NETLINK)', 41, 16n, 'allow'],
  ['socket(AF_PACKET)', 41, 17n, 'allow'],
  ['socket(AF_DECnet)', 41, 12n, 'EPERM'],
  ['socket(AF_ALG)', 41, 38n, 'EPERM'],
  ['socket(AF_VSOCK)', 41, 40n, 'EPERM'],
  ['socket(AF_VSOCK) with a high half', 41, 0x1_0000_0028n, 'EPERM'],
  ['socket(AF_MCTP)', 41, 45n, 'allow'],
  ['socket(46)', 41, 46n, 'EPERM'],
  ['chown', 92, 0n, 'allow'],
];

for (const [name, number, argument, answer] of CASES) {
  seccomp(`${name}: ${answer}`, () => assert.is(evaluate(seccompFilter(), X64, number, argument), answer));
}

const CASES_I386: [name: string, number: number, answer: string][] = [
  ['read', 3, 'allow'],
  ['clock_gettime64', 403, 'allow'],
  ['mount', 21, 'EPERM'],
  ['unshare', 310, 'EPERM'],
  ['clone3', 435, 'ENOSYS'],
  ['chown32', 212, 'allow'],
];

for (const [name, number, answer] of CASES_I386) {
  seccomp(`i386 ${name}: ${answer}`, () => assert.is(evaluate(seccompFilter(), I386, number), answer));
}

seccomp('other architectures have no call', () => assert.is(evaluate(seccompFilter(), ARM64, 63), 'ENOSYS'));

const OWNERSHIP: [name: string, x64: number, i386: number][] = [
  ['chown', 92, 182],
  ['fchown', 93, 95],
  ['lchown', 94, 16],
  ['fchownat', 260, 298],
  ['setuid', 105, 23],
  ['setgid', 106, 46],
  ['setreuid', 113, 70],
  ['setregid', 114, 71],
  ['setgroups', 116, 81],
  ['setresuid', 117, 164],
  ['setresgid', 119, 170],
  ['setfsuid', 122, 138],
  ['setfsgid', 123, 139],
];

seccomp('with a single id every change of owner or user succeeds, and nothing else changes', () => {
  const filter = seccompFilter({ fakeOwnership: true });
  for (const [name, x64, i386] of OWNERSHIP) {
    assert.is(evaluate(filter, X64, x64), 'success', name);
    assert.is(evaluate(filter, I386, i386), 'success', `${name} of i386`);
  }
  for (const number of [198, 204, 206, 207, 208, 210, 212, 214]) assert.is(evaluate(filter, I386, number), 'success');
  const fake = new Set(OWNERSHIP.map(([, x64]) => x64));
  for (let number = 0; number < 500; number += 1) {
    if (!fake.has(number))
      assert.is(evaluate(filter, X64, number), evaluate(seccompFilter(), X64, number), `${number}`);
  }
});

seccomp('the filter fits the kernel: at most 4096 instructions', () => {
  assert.ok(seccompFilter({ fakeOwnership: true }).length / 8 <= 4096);
});

seccomp.run();
