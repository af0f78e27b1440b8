/** System calls to try, by their numbers on x86-64, with arguments that harm nobody where the call is let through. */
export interface Call {
  name: string;
  number: number;
  arguments: readonly (number | string)[];
}

/** The newest that Docker's profile names (removexattrat); what follows is unknown to it. */
export const NEWEST = 466;

/**
 * What ends or stops the process that tries it, or takes long: rt_sigreturn, pause, vfork, exit, sync, exit_group.
 */
const NOT_TRIED = new Set([15, 34, 58, 60, 162, 231]);

/** Each call with -1 for each argument: what is let through finds no descriptor, process, address or flag in that. */
export const EVERY_CALL: readonly Call[] = Array.from({ length: NEWEST + 30 }, (_, number) => number)
  .filter((number) => !NOT_TRIED.has(number))
  .map((number) => ({ name: `${number}`, number, arguments: [-1, -1, -1, -1, -1, -1] }));

const SIGCHLD = 17;
const NAMESPACES = {
  mount: 0x2_0000,
  cgroup: 0x200_0000,
  uts: 0x400_0000,
  ipc: 0x800_0000,
  user: 0x1000_0000,
  pid: 0x2000_0000,
  network: 0x4000_0000,
};

const NAMED: readonly [name: string, number: number, ...args: (number | string)[]][] = [
  ['clone as fork does', 56, 0x120_0000 | SIGCHLD, 0, 0, 0, 0],
  ['clone with CLONE_PARENT', 56, 0x8000 | SIGCHLD, 0, 0, 0, 0],
  ['fork', 57],
  ['clone3 of nothing', 435, 'arguments', 88],
  ['clone3 of no size', 435, 0, 0],
  ['personality PER_LINUX', 135, 0],
  ['personality PER_LINUX32', 135, 8],
  ['personality UNAME26', 135, 0x2_0000],
  ['personality UNAME26 and PER_LINUX32', 135, 0x2_0008],
  ['personality: query', 135, 0xffff_ffff],
  ['personality ADDR_NO_RANDOMIZE', 135, 0x4_0000],
  ['personality READ_IMPLIES_EXEC', 135, 0x40_0000],
  ['personality PER_BSD', 135, 6],
  ['raw socket of ICMP', 41, 2, 3, 1],
  ['socket of ping', 41, 2, 2, 1],
  ['raw packets', 41, 17, 3, 0x300],
  ['ioctl TIOCSTI', 16, 0, 0x5412, 'x'],
  ['ioctl TIOCLINUX', 16, 0, 0x541c, '\u0002'],
  ['ioctl TIOCCONS', 16, 0, 0x541d, 0],
  ['mount tmpfs', 165, 'x', '/tmp', 'tmpfs', 0, ''],
  ['mount --bind', 165, '/tmp', '/tmp', '', 0x1000, ''],
  ['remount of /proc', 165, 'x', '/proc', '', 0x20, ''],
  ['umount /proc/kcore', 166, '/proc/kcore', 0],
  ['umount /sys, detached', 166, '/sys', 2],
  ['pivot_root', 155, '/tmp', '/tmp'],
  ['chroot', 161, '/tmp'],
  ['open_tree', 428, -100, '/', 0x8_0001],
  ['fsopen proc', 430, 'proc', 0],
  ['mount_setattr', 442, -100, '/sys', 0, '', 32],
  ['keyctl: session keyring', 250, 0, -3, 0],
  ['add_key', 248, 'user', 'tsbuild', 'x', 1, -3],
  ['request_key', 249, 'user', 'tsbuild', 0, 0],
  ['bpf: make a map', 321, 0, '', 72],
  ['perf_event_open', 298, '', 0, -1, -1, 0],
  ['userfaultfd', 323, 0],
  ['userfaultfd of the user', 323, 1],
  ['io_uring_setup', 425, 1, ''],
  ['fanotify_init', 300, 0, 0],
  ['inotify_init', 253],
  ['name_to_handle_at', 303, -100, '/dev/shm', '', '', 0],
  ['open_by_handle_at', 304, -100, '', 0],
  ['memfd_create', 319, 'x', 0],
  ['memfd_secret', 447, 0],
  ['landlock version', 444, 0, 0, 1],
  ['kcmp of ourselves', 312, 1, 1, 2, 0, 0],
  ['process_vm_readv of the first process', 310, 1, '', 0, '', 0, 0],
  ['ptrace TRACEME', 101, 0, 0, 0, 0],
  ['ptrace SEIZE of the first process', 101, 0x4206, 1, 0, 0],
  ['pidfd_open of the first process', 434, 1, 0],
  ['pidfd_getfd', 438, 0, 0, 0],
  ['setns', 308, 0, 0],
  ['sethostname', 170, 'x', 1],
  ['setdomainname', 171, 'x', 1],
  ['adjtimex: query', 159, ''],
  ['settimeofday', 164, 0, ''],
  ['clock_settime', 227, 0, ''],
  ['syslog: size', 103, 10, 0, 0],
  ['swapon', 167, '/tmp', 0],
  ['reboot: CAD off', 169, 0xfee1dead, 672274793, 0, 0],
  ['kexec_load', 246, 0, 0, 0, 0],
  ['init_module', 175, '', 0, ''],
  ['finit_module', 313, 0, '', 0],
  ['delete_module', 176, 'tsbuild', 0],
  ['acct', 163, 0],
  ['quotactl', 179, 0x80_0001, 0, 0, 0],
  ['iopl', 172, 0],
  ['ioperm', 173, 0, 1, 1],
  ['vhangup', 153],
  ['set_mempolicy', 238, 0, 0, 0],
  ['get_mempolicy', 239, 0, 0, 0, 0, 0],
  ['mbind', 237, 0, 0, 0, 0, 0, 0],
  ['move_pages', 279, 0, 0, 0, 0, 0, 0],
  ['sysfs', 139, 3],
  ['ustat', 136, 0, ''],
  ['mknod of a disk', 133, '/tmp/disk', 0o60600, 0xfe00],
  ['mknod of a pipe', 133, '/tmp/pipe', 0o10600, 0],
  ['chown', 92, '/tmp', 7, 7],
  ['chmod of set-user-id', 90, '/tmp/pipe', 0o4755],
  ['setuid', 105, 7],
  ['setgroups of none', 116, 0, 0],
  ['nice -5', 141, 0, 0, -5],
  ['ioprio of real time', 251, 1, 0, 0x2004],
  ['sched_setscheduler FIFO', 144, 0, 1, '\u0001\0\0\0'],
  ['mlock of a page', 149, 'x', 1],
  [
    'more than the hard limit of processes',
    302,
    0,
    6,
    '\xff\xff\xff\xff\xff\xff\xff\x7f\xff\xff\xff\xff\xff\xff\xff\x7f',
    0,
  ],
  ['signal to the first process', 62, 1, 0],
  ['trusted attribute', 188, '/tmp', 'trusted.x', 'x', 1, 0],
  ['security attribute', 188, '/tmp', 'security.x', 'x', 1, 0],
  ['user attribute', 188, '/tmp', 'user.x', 'x', 1, 0],
  ['prctl: not dumpable', 157, 4, 0, 0, 0, 0],
  ['prctl: keep capabilities', 157, 8, 1, 0, 0, 0],
  ['prctl: securebits', 157, 28, 1, 0, 0, 0],
  ['prctl: drop CHOWN', 157, 24, 0, 0, 0, 0],
  ['prctl: ambient NET_RAW', 157, 47, 2, 13, 0, 0],
  ['prctl: no new privileges', 157, 38, 1, 0, 0, 0],
  ['seccomp: strict', 317, 0, 1, 0],
  ['getpid of x32', 0x4000_0000 + 39],
  ['execve of x32', 0x4000_0000 + 520, '/bin/true', 0, 0],
  ['a number that no kernel has', 100_000],
];

/** With arguments that matter. */
export const CHOSEN_CALLS: readonly Call[] = [
  ...Array.from({ length: 50 }, (_, family) => ({
    name: `socket of family ${family}`,
    number: 41,
    arguments: [family, 2, 0],
  })),
  ...Object.entries(NAMESPACES).flatMap(([name, flag]) => [
    { name: `unshare ${name}`, number: 272, arguments: [flag] },
    { name: `clone with a new ${name} namespace`, number: 56, arguments: [flag | SIGCHLD, 0, 0, 0, 0] },
  ]),
  ...NAMED.map(([name, number, ...args]) => ({ name, number, arguments: args })),
];
