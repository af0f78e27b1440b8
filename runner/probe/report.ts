import { existsSync, readFileSync } from 'node:fs';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { effectiveCapabilities, inUserNamespace } from '../userns/identity.ts';
import { subordinateRanges } from '../userns/subids.ts';
import type { Probe } from './probe.ts';

const SYSCTLS = [
  'kernel/apparmor_restrict_unprivileged_userns',
  'kernel/unprivileged_userns_clone',
  'user/max_user_namespaces',
  'user/max_mnt_namespaces',
];

/** What is known of the machine when a sandbox is not possible. */
export interface Surroundings {
  container: boolean;
  kubernetes: boolean;
  githubActions: boolean;
  /** Ubuntu 23.10 and later: user namespaces without a profile are made powerless. */
  apparmorRestricts: boolean;
}

/** The error for a machine on which the probes failed: which one and how, who we are, and what to do about it. */
export function sandboxUnavailable(probes: readonly Probe[]): TsbuildError {
  const failed = probes.find((probe) => !probe.ok) ?? probes.find(({ copied }) => copied);
  const what = failed === undefined ? 'nothing failed' : `${failed.name}: ${failed.detail}: ${failed.errno}`;
  return new TsbuildError('SANDBOX', `this machine does not let us make a sandbox: ${what}`, {
    hint: failed === undefined ? undefined : remedyOf(failed, lookAround()),
    notes: [...probes.map(describeProbe), ...describeUs()],
  });
}

/** What to do about an overlay that is refused. */
export function overlayRemedy(refused: Probe): string {
  return remedyOf(refused, lookAround());
}

/** What Docker's and podman's defaults have in the way: their seccomp filter, AppArmor profile and masks of /proc. */
const UNCONFINED =
  '--security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';

export function remedyOf(failed: Probe, around: Surroundings): string {
  if (failed.name === 'overlay' && failed.errno === 'ENODEV') return 'load the module of the kernel: modprobe overlay';
  if (failed.copied && failed.errno === 'EPERM') {
    return 'run as root, or on a kernel that mounts overlays in user namespaces (Linux 5.11 and later)';
  }
  if (failed.name === 'overlay' && failed.errno !== 'EPERM') {
    return 'the file system of the store cannot carry an overlay: choose another with --root DIR (ext4, xfs, btrfs, tmpfs; in a container a volume)';
  }
  if (failed.name === 'launcher' && failed.errno === 'EACCES') {
    return 'allow memory to be executed: sysctl -w vm.memfd_noexec=1';
  }
  if (failed.errno === 'ENOSYS') return 'the sandbox needs Linux 5.12 or later';
  if (failed.errno === 'ENOSPC' || failed.errno === 'EUSERS') {
    const kind = failed.name === 'namespaces' ? '*' : 'user';
    return `raise user.max_${kind}_namespaces (sysctl), which limits namespaces to none or few`;
  }
  if (around.kubernetes) {
    return 'in the pod: securityContext with seccompProfile and appArmorProfile of type Unconfined and procMount: Unmasked (or privileged: true), and an emptyDir volume for the store';
  }
  if (around.container && around.githubActions) {
    return `in the job: container: options: ${UNCONFINED}; or run the job without container`;
  }
  if (around.container) {
    return `start the container with ${UNCONFINED} (or --privileged), and a volume for the store`;
  }
  if (around.apparmorRestricts) {
    const remedy = 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
    return around.githubActions ? `add a step before the build: ${remedy}` : `allow user namespaces: ${remedy}`;
  }
  return 'allow unprivileged user namespaces (sysctl kernel.unprivileged_userns_clone=1 on Debian), or run as root';
}

function lookAround(): Surroundings {
  return {
    container: inContainer(),
    kubernetes: process.env.KUBERNETES_SERVICE_HOST !== undefined,
    githubActions: process.env.GITHUB_ACTIONS === 'true',
    apparmorRestricts: readSysctl('kernel/apparmor_restrict_unprivileged_userns') === '1',
  };
}

/** Engines leave a file or a variable; of others one sees a filter of system calls over a root that is an overlay. */
function inContainer(): boolean {
  if (existsSync('/.dockerenv') || existsSync('/run/.containerenv') || process.env.container !== undefined) return true;
  const isFiltered = /^Seccomp:\s+2$/m.test(readFileSync('/proc/self/status', 'latin1'));
  return isFiltered && /^\d+ \d+ \S+ \S+ \/ .* - overlay /m.test(readFileSync('/proc/self/mountinfo', 'latin1'));
}

function describeProbe({ name, ok, copied, errno, detail }: Probe): string {
  const rest = detail === undefined ? '' : ` (${detail})`;
  return ok && !copied ? `ok      ${name}${rest}` : `failed  ${name}: ${errno}${rest}`;
}

function describeUs(): string[] {
  const uid = process.geteuid?.() ?? 0;
  const ranges = subordinateRanges('/etc/subuid', uid).map(({ start, count }) => `${start}+${count}`);
  const sysctls = SYSCTLS.flatMap((name) => {
    const value = readSysctl(name);
    return value === undefined ? [] : [`${name.replace('/', '.')}=${value}`];
  });
  return [
    `uid ${uid}, effective capabilities ${effectiveCapabilities().toString(16)}${inUserNamespace() ? ', in a user namespace' : ''}`,
    `subordinate uids: ${ranges.join(' ') || 'none'}`,
    sysctls.join(' '),
  ];
}

function readSysctl(name: string): string | undefined {
  try {
    return readFileSync(`/proc/sys/${name}`, 'latin1').trim();
  } catch (error) {
    if (!isErrno(error, 'ENOENT', 'EACCES')) throw error;
    return undefined;
  }
}
