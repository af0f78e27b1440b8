/** Names of capabilities without `CAP_`, each at its number (linux/capability.h). */
const NAMES = (
  'CHOWN DAC_OVERRIDE DAC_READ_SEARCH FOWNER FSETID KILL SETGID SETUID SETPCAP LINUX_IMMUTABLE NET_BIND_SERVICE ' +
  'NET_BROADCAST NET_ADMIN NET_RAW IPC_LOCK IPC_OWNER SYS_MODULE SYS_RAWIO SYS_CHROOT SYS_PTRACE SYS_PACCT SYS_ADMIN ' +
  'SYS_BOOT SYS_NICE SYS_RESOURCE SYS_TIME SYS_TTY_CONFIG MKNOD LEASE AUDIT_WRITE AUDIT_CONTROL SETFCAP MAC_OVERRIDE ' +
  'MAC_ADMIN SYSLOG WAKE_ALARM BLOCK_SUSPEND AUDIT_READ PERFMON BPF CHECKPOINT_RESTORE'
).split(' ');

export const CAPABILITY_BITS = 64;

const numberOf = (name: string): number => NAMES.indexOf(name);

/** What Docker gives a container. */
export const DEFAULT_CAPABILITIES: readonly number[] = (
  'CHOWN DAC_OVERRIDE FOWNER FSETID KILL SETGID SETUID SETPCAP NET_BIND_SERVICE NET_RAW SYS_CHROOT MKNOD AUDIT_WRITE ' +
  'SETFCAP'
)
  .split(' ')
  .map(numberOf);

export const CAPABILITY_NAMES: readonly string[] = NAMES;

/** The number of `NET_ADMIN`, `CAP_NET_ADMIN` or either in small letters; undefined for what is none. */
export function capabilityOf(name: string): number | undefined {
  const number = numberOf(name.toUpperCase().replace(/^CAP_/, ''));
  return number < 0 ? undefined : number;
}

/** Docker's with those added and without those dropped; `ALL` stands for every one, and what is named after it counts. */
export function capabilitySet(add: readonly string[], drop: readonly string[]): number[] {
  const has = (list: readonly string[], number: number): boolean => list.some((name) => capabilityOf(name) === number);
  const all = (list: readonly string[]): boolean => list.some((name) => name.toUpperCase() === 'ALL');
  const numbers = NAMES.map((_, number) => number);
  const base = all(add) ? numbers : all(drop) ? [] : DEFAULT_CAPABILITIES;
  return numbers.filter((number) => !has(drop, number) && (base.includes(number) || has(add, number)));
}
