import { readFileSync } from 'node:fs';
import { TsbuildError } from '../../src/base/error.ts';
import { CAPABILITY_BITS, DEFAULT_CAPABILITIES } from '../capabilities.ts';
import { seccompFilter } from '../seccomp/profile.ts';
import type { SandboxSpec, SandboxUser, Ulimit } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import { PR } from './flags.ts';

const CAPABILITY_VERSION_3 = 0x2008_0522;

const SECCOMP = { setModeFilter: 1, specAllow: 4 };
const SIG_SETMASK = 2;
const RLIM_INFINITY = 0xffff_ffff_ffff_ffffn;
/** What a service gets from systemd, and so a container from Docker since version 25; Node raises its own. */
const DEFAULT_SOFT_NOFILE = 1024;

const RESOURCES: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

type Privileges = Pick<SandboxSpec, 'insecure' | 'capabilities' | 'singleUid' | 'user'>;

export function setLimits(program: Program, ulimits: readonly Ulimit[]): void {
  for (const limit of limitsFor(ulimits)) setLimit(program, limit);
}

/** Those that are asked for, and what is limited in any case. */
export function limitsFor(ulimits: readonly Ulimit[]): Ulimit[] {
  const unknown = ulimits.find(({ name }) => RESOURCES[name] === undefined);
  if (unknown !== undefined) throw new TsbuildError('INVALID', `unknown ulimit: ${JSON.stringify(unknown.name)}`);
  return ulimits.some(({ name }) => name === 'nofile') ? [...ulimits] : [defaultNofile(), ...ulimits];
}

/** Refuses a user that the only id of a user namespace cannot become. */
export function requireUser({ singleUid, user }: Pick<SandboxSpec, 'singleUid' | 'user'>): void {
  if (singleUid === true && (user.uid !== 0 || user.gid !== 0)) throw singleUserError(user);
}

/**
 * Gives up what a container may not do, then the user. The filter comes before the capabilities that let it be
 * installed without no_new_privs go: set-user-id programs work in a build, as with Docker.
 */
export function dropPrivileges(program: Program, spec: Privileges): void {
  const insecure = spec.insecure === true;
  const { capabilities = DEFAULT_CAPABILITIES } = spec;
  if (!insecure) dropBoundingSet(program, capabilities);
  // Who may do everything still cannot change owners where there is one.
  if (!insecure || spec.singleUid === true) installFilter(program, spec.singleUid === true);
  requireUser(spec);
  if (spec.singleUid !== true) setUser(program, spec.user);
  if (!insecure || spec.user.uid !== 0) setCapabilities(program, spec.user.uid === 0 ? capabilities : []);
  program.call(SYS.rt_sigprocmask, [SIG_SETMASK, program.words([0]), 0, 8], { what: 'rt_sigprocmask' });
  program.call(SYS.umask, [0o022]);
}

function dropBoundingSet(program: Program, kept: readonly number[]): void {
  for (let capability = 0; capability < CAPABILITY_BITS; capability += 1) {
    if (kept.includes(capability)) continue;
    // EINVAL: the kernel has fewer capabilities.
    const options = { what: 'drop a capability', failed: 'next', expected: 'EINVAL' } as const;
    program.call(SYS.prctl, [PR.capbsetDrop, capability, 0, 0, 0], options);
  }
}

/** The filter is the same in every sandbox of a process, and compiling it costs as much as the rest of the program. */
const filters = new Map<boolean, Buffer>();

function filterFor(fakeOwnership: boolean): Buffer {
  const filter = filters.get(fakeOwnership) ?? seccompFilter({ fakeOwnership });
  filters.set(fakeOwnership, filter);
  return filter;
}

function installFilter(program: Program, fakeOwnership: boolean): void {
  const filter = filterFor(fakeOwnership);
  const fprog = program.words([filter.length / 8, program.bytes(filter)]);
  const args = [SECCOMP.setModeFilter, SECCOMP.specAllow, fprog];
  program.call(SYS.seccomp, args, { what: 'install the seccomp filter' });
}

function setUser(program: Program, { uid, gid, groups }: SandboxUser): void {
  const list = Buffer.alloc(groups.length * 4);
  groups.forEach((group, index) => {
    list.writeUInt32LE(group, index * 4);
  });
  program.call(SYS.setgroups, [groups.length, program.bytes(list)], { what: `setgroups of ${groups.length} groups` });
  program.call(SYS.setresgid, [gid, gid, gid], { what: `set group ${gid}` });
  program.call(SYS.setresuid, [uid, uid, uid], { what: `set user ${uid}` });
}

/** Permitted and effective; nothing is inheritable, so that nothing survives the change to another user. */
function setCapabilities(program: Program, capabilities: readonly number[]): void {
  const set = capabilities.reduce((bits, capability) => bits | (1n << BigInt(capability)), 0n);
  const [low, high] = [set & 0xffff_ffffn, set >> 32n];
  const header = program.words([CAPABILITY_VERSION_3]);
  const data = program.words([low | (low << 32n), high << 32n, high]);
  program.call(SYS.capset, [header, data], { what: 'capset' });
}

function setLimit(program: Program, { name, soft, hard }: Ulimit): void {
  const resource = RESOURCES[name] as number;
  const what = `set ulimit ${name}=${soft}:${hard}`;
  program.call(SYS.prlimit64, [0, resource, program.words([soft, hard]), 0], { what });
}

function defaultNofile(): Ulimit {
  const line = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const text = line?.[1] ?? 'unlimited';
  const hard = text === 'unlimited' ? RLIM_INFINITY : BigInt(text);
  return { name: 'nofile', soft: hard < DEFAULT_SOFT_NOFILE ? hard : DEFAULT_SOFT_NOFILE, hard };
}

function singleUserError(user: SandboxUser): TsbuildError {
  return new TsbuildError('SANDBOX', `cannot become user ${user.uid}:${user.gid}: the user namespace has a single id`, {
    hint: 'install the package uidmap and give this user a range in /etc/subuid and /etc/subgid',
  });
}
