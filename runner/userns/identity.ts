import { readFileSync, readlinkSync } from 'node:fs';

/** The inode of the first user namespace is a constant of the kernel (PROC_USER_INIT_INO). */
const INITIAL_USER_NAMESPACE = 'user:[4026531837]';
const CAP_SYS_ADMIN = 21n;

/** Whether we may not mount as we are, and a user namespace has to give us that. */
export function needsUserNamespace(): boolean {
  return process.geteuid?.() !== 0 || ((effectiveCapabilities() >> CAP_SYS_ADMIN) & 1n) === 0n;
}

/** Whether we are in a user namespace, ours or that of a container: overlays then need `userxattr`. */
export function inUserNamespace(): boolean {
  return readlinkSync('/proc/self/ns/user') !== INITIAL_USER_NAMESPACE;
}

/** Whether our user namespace knows one user or one group only, so that no file can belong to another. */
export function hasSingleId(): boolean {
  return ['uid_map', 'gid_map'].some((file) => idsOf(readFileSync(`/proc/self/${file}`, 'latin1')) === 1);
}

/** The effective capabilities as a set of bits (linux/capability.h). */
export function effectiveCapabilities(): bigint {
  const text = /^CapEff:\s+([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  return BigInt(`0x${text}`);
}

function idsOf(map: string): number {
  const lines = map.trim().split('\n');
  return lines.reduce((sum, line) => sum + Number(line.trim().split(/\s+/)[2] ?? 0), 0);
}
