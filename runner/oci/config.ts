import { fromBytePath } from '../../src/base/bytepath.ts';
import { CAPABILITY_NAMES, DEFAULT_CAPABILITIES } from '../capabilities.ts';
import { environmentOf } from '../setup/command.ts';
import { DEFAULT_SHM_SIZE } from '../setup/devices.ts';
import { cleanTarget } from '../setup/mounts.ts';
import { limitsFor, requireUser } from '../setup/privileges.ts';
import { MASKED_FILES, maskedDirectories, READONLY } from '../setup/rootfs.ts';
import { TTY_GROUP } from '../setup/terminal.ts';
import type { SandboxSpec } from '../spec.ts';
import { effectiveCapabilities, inUserNamespace } from '../userns/identity.ts';
import { ociSeccomp } from './seccomp.ts';

/** An entry of `mounts` (runtime-spec, config.md). */
interface OciMount {
  destination: string;
  type: string;
  source: string;
  options: readonly string[];
}

/** A tree that the cell has opened for the container; the runtime binds it from there. */
export interface PlacedTree {
  /** Relative to the bundle. */
  source: string;
  target: string;
  /** As the tree has them already: a runtime that mounts it again would drop them. */
  attributes: readonly ('ro' | 'nosuid' | 'nodev' | 'noexec')[];
}

/**
 * The configuration for an OCI runtime that makes of a sandbox what the launcher would (runtime-spec, config.md). Its
 * root is `rootfs` in the bundle, with restrictions of its own: nothing in it can be opened as a device.
 * @param trees in the order in which they are mounted
 */
export function ociConfig(spec: SandboxSpec, trees: readonly PlacedTree[]): string {
  const config = {
    ociVersion: '1.0.2',
    root: { path: 'rootfs', readonly: spec.readonlyRoot === true },
    hostname: spec.hostname,
    mounts: [...kernelMounts(spec), ...deviceMounts(spec), ...ownMounts(spec, trees)],
    linux: linuxOf(spec),
  };
  // Limits are 64-bit numbers, which JSON.stringify does not write.
  const limits = limitsFor(spec.ulimits ?? []).map(
    ({ name, soft, hard }) =>
      `{"type":"RLIMIT_${name.toUpperCase()}","soft":${unsigned(soft)},"hard":${unsigned(hard)}}`,
  );
  const process = `{"rlimits":[${limits}],${JSON.stringify(processOf(spec)).slice(1)}`;
  return `{"process":${process},${JSON.stringify(config).slice(1)}`;
}

function processOf(spec: SandboxSpec): object {
  requireUser(spec);
  const { uid, gid, groups } = spec.user;
  const additionalGids = spec.singleUid === true ? undefined : groups;
  return {
    terminal: false,
    user: { uid, gid, umask: 0o022, additionalGids },
    args: spec.args,
    env: environmentOf(spec),
    cwd: spec.cwd,
    capabilities: capabilitiesOf(spec),
    noNewPrivileges: false,
  };
}

/** As with the launcher: nothing is inheritable, and only root has any. All rights are those that we have. */
function capabilitiesOf({ insecure, capabilities = DEFAULT_CAPABILITIES, user }: SandboxSpec): object {
  const own = effectiveCapabilities();
  const all = CAPABILITY_NAMES.map((_, number) => number).filter((number) => ((own >> BigInt(number)) & 1n) === 1n);
  const numbers = insecure ? all : capabilities;
  const bounding = numbers.map((number) => `CAP_${CAPABILITY_NAMES[number]}`);
  const held = user.uid === 0 ? bounding : [];
  return { bounding, permitted: held, effective: held, inheritable: [], ambient: [] };
}

function linuxOf(spec: SandboxSpec): object {
  const namespaces = ['pid', 'mount', 'ipc', 'uts'].map((type) => ({ type }));
  const fakeOwnership = spec.singleUid === true;
  // Who may do everything still cannot change owners where there is one.
  if (spec.insecure) return { namespaces, seccomp: fakeOwnership ? ociSeccomp({ fakeOwnership }) : undefined };
  return {
    namespaces,
    seccomp: ociSeccomp({ fakeOwnership }),
    maskedPaths: [...MASKED_FILES, ...maskedDirectories()],
    readonlyPaths: READONLY,
  };
}

const KERNEL = ['nosuid', 'noexec', 'nodev'];

/** The network is the cell's. A user namespace may not mount a sysfs unless it has the network namespace too; it gets the outer one. */
function kernelMounts({ insecure, network }: SandboxSpec): OciMount[] {
  const options = insecure ? KERNEL : [...KERNEL, 'ro'];
  const borrowed = inUserNamespace() && network === 'host';
  return [
    { destination: '/proc', type: 'proc', source: 'proc', options: KERNEL },
    borrowed
      ? { destination: '/sys', type: 'bind', source: '/sys', options: ['rbind', ...options] }
      : { destination: '/sys', type: 'sysfs', source: 'sysfs', options },
  ];
}

/** No device node can be opened but those that are bound here. */
function deviceMounts({ insecure, shmSize = DEFAULT_SHM_SIZE, singleUid }: SandboxSpec): OciMount[] {
  const group = singleUid ? [] : [`gid=${TTY_GROUP}`];
  const nodev = insecure ? [] : ['nodev'];
  return [
    mountOf('tmpfs', '/dev', ['nosuid', 'strictatime', ...nodev, 'mode=755', 'size=65536k']),
    mountOf('devpts', '/dev/pts', ['nosuid', 'noexec', 'newinstance', 'ptmxmode=0666', 'mode=0620', ...group]),
    mountOf('tmpfs', '/dev/shm', [...KERNEL, 'mode=1777', `size=${shmSize}`], 'shm'),
    mountOf('mqueue', '/dev/mqueue', KERNEL),
  ];
}

function mountOf(type: string, destination: string, options: readonly string[], source = type): OciMount {
  return { destination, type, source, options };
}

/** In the order of the length of their targets' paths, so that none covers another that lies below it. */
function ownMounts(spec: SandboxSpec, trees: readonly PlacedTree[]): OciMount[] {
  const binds = trees.map(({ source, target, attributes }) => ({
    destination: fromBytePath(cleanTarget(target)),
    type: 'bind',
    source,
    options: ['rbind', ...attributes],
  }));
  const memory = (spec.tmpfs ?? []).map(({ target, size, mode = 0o1777, readonly }) =>
    mountOf('tmpfs', fromBytePath(cleanTarget(target)), [
      'nosuid',
      'nodev',
      `mode=${mode.toString(8)}`,
      ...(size === undefined ? [] : [`size=${size}`]),
      ...(readonly ? ['ro'] : []),
    ]),
  );
  const depthOf = ({ destination }: OciMount) => destination.split('/').length;
  return [...binds, ...memory].sort((a, b) => depthOf(a) - depthOf(b));
}

/** -1 stands for no limit. */
function unsigned(limit: number | bigint): string {
  return String(BigInt.asUintN(64, BigInt(limit)));
}
