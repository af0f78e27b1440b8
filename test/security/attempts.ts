/** Ways out of a sandbox, to be tried from inside by a shell with busybox and perl. */

/** What there is outside to be reached. */
export interface Outside {
  /** The host's directory of the sandbox, and a file in it. */
  directory: string;
  secret: string;
  /** A process. */
  pid: number;
  /** Of a server on the loopback of the host. */
  port: number;
  /** The abstract name of another. */
  socket: string;
}

export interface Attempt {
  name: string;
  /** Of a shell; success is an escape. */
  script: string;
  /** Works where root's sandbox has all rights: the attempt itself is a good one. Harmless to the machine. */
  control?: boolean;
}

/** Performs one system call and exits with 0 where it was not refused: EPERM, EACCES and ENOSYS are refusals. */
export const PERL = `use strict;
my ($number, @arguments) = map { /^-?\\d+$/ ? $_ + 0 : $_ } @ARGV;
my $result = syscall($number, @arguments);
exit 0 if $result != -1;
exit(($! == 1 || $! == 13 || $! == 38) ? 1 : 0);
`;

/** By number on x86-64, with arguments that do nothing where the call is let through. */
const REFUSED_CALLS: readonly [name: string, ...call: (number | string)[]][] = [
  ['add_key', 248, 'user', 'tsb', 'x', 1, -3],
  ['request_key', 249, 'user', 'tsb', 0, 0],
  ['keyctl', 250, 0, -3, 0],
  ['bpf', 321, 99, 0, 0],
  ['io_uring_setup', 425, 0, 0],
  ['io_uring_enter', 426, -1, 0, 0, 0],
  ['io_uring_register', 427, -1, 0, 0, 0],
  ['userfaultfd', 323, -1],
  ['init_module', 175, 0, 0, 0],
  ['finit_module', 313, -1, '', 0],
  ['delete_module', 176, 'tsb-none', 0],
  ['kexec_load', 246, 0, 99, 0, 0],
  ['kexec_file_load', 320, -1, -1, 0, 0, 99],
  ['open_by_handle_at', 304, -100, 0, 0],
  ['perf_event_open', 298, 0, 0, -1, -1, 0],
  ['setns', 308, -1, 0],
  ['unshare of users', 272, 0x1000_0000],
  ['unshare of mounts', 272, 0x2_0000],
  ['unshare of the network', 272, 0x4000_0000],
  ['clone with a user namespace', 56, 0x1000_0011, 0, 0, 0, 0],
  ['mount', 165, 'x', '/nowhere', 'tmpfs', 0, 0],
  ['umount2', 166, '/nowhere', 0],
  ['pivot_root', 155, '/nowhere', '/nowhere'],
  ['open_tree', 428, -100, '/nowhere', 0],
  ['move_mount', 429, -1, '', -1, '', 0],
  ['fsopen', 430, 'no-such-type', 0],
  ['fsconfig', 431, -1, 0, 0, 0, 0],
  ['fsmount', 432, -1, 0, 0],
  ['fspick', 433, -100, '/nowhere', 0],
  ['mount_setattr', 442, -1, '/nowhere', 0, 0, 0],
  ['swapon', 167, '/nowhere', 0],
  ['swapoff', 168, '/nowhere'],
  ['reboot', 169, 0, 0, 0, 0],
  ['syslog', 103, 10, 0, 0],
  ['acct', 163, '/nowhere'],
  ['quotactl', 179, 0, 0, 0, 0],
  ['settimeofday', 164, 1, 1],
  ['clock_settime', 227, 99, 1],
  ['sethostname', 170, 'x', -1],
  ['setdomainname', 171, 'x', -1],
  ['iopl', 172, 99],
  ['ioperm', 173, 0, 99_999_999, 1],
  ['fanotify_init', 300, -1, 0],
  ['lookup_dcookie', 212, 0, 0, 0],
  ['kcmp', 312, 1, 1, 99, 0, 0],
  ['pidfd_getfd', 438, -1, 0, 0],
  ['process_madvise', 440, -1, 0, 0, 0, 0],
  ['vhangup', 153],
  ['set_mempolicy', 238, 99, 0, 0],
  ['mbind', 237, 0, 0, 99, 0, 0, 0],
  ['move_pages', 279, 0, 0, 0, 0, 0, 99],
  ['migrate_pages', 256, 0, 0, 0, 0],
  ['nfsservctl', 180, 0, 0, 0],
  ['uselib', 134, '/nowhere'],
  ['ustat', 136, 0, 0],
  ['sysfs', 139, 99],
  ['_sysctl', 156, 0],
  ['create_module', 174, 0, 0],
  ['personality without randomization', 135, 0x4_0000],
  ['a socket of AF_VSOCK', 41, 40, 1, 0],
  ['a socket of AF_ALG', 41, 38, 5, 0],
];

/** Those that make something, and so prove by an insecure sandbox that the filter is what refuses them. */
const CONTROL_CALLS = ['unshare of mounts', 'mount', 'umount2', 'fsopen', 'pivot_root', 'bpf', 'keyctl', 'open_tree'];

export function attemptsFor(outside: Outside, controlOnly = false): Attempt[] {
  const all = [
    ...callAttempts(),
    ...fileAttempts(outside),
    ...deviceAttempts(),
    ...knobAttempts(),
    ...otherAttempts(outside),
  ];
  return controlOnly ? all.filter(({ control }) => control === true) : all;
}

/** Prints `escaped NAME` or `held NAME` for each. */
export function scriptOf(attempts: readonly Attempt[]): string {
  const lines = attempts.map(
    ({ name, script }) =>
      `if ( ${script}\n) >/dev/null 2>&1 </dev/null; then echo 'escaped ${name}'; else echo 'held ${name}'; fi`,
  );
  return `${lines.join('\n')}\n`;
}

function callAttempts(): Attempt[] {
  return REFUSED_CALLS.map(([name, ...call]) => ({
    name,
    script: `perl /outside/call.pl ${call.map((argument) => (argument === '' ? "''" : argument)).join(' ')}`,
    control: CONTROL_CALLS.includes(name),
  }));
}

function fileAttempts({ secret, directory }: Outside): Attempt[] {
  const chroots = `mkdir("/tmp/j"); chroot("/tmp/j") or exit 1; chdir("..") for 1..64; chroot("."); exit(-e "${secret}" ? 0 : 1)`;
  return [
    { name: 'parents of the root', script: `cat /../../../../../../../..${secret}` },
    { name: 'the root of the first process', script: `cat /proc/1/root${secret}` },
    { name: 'a working directory and its parents', script: `cat /proc/self/cwd/../../../..${secret}` },
    { name: 'open descriptors', script: `for f in /proc/[0-9]*/fd/*; do [ -e "$f${secret}" ] && exit 0; done; exit 1` },
    {
      name: 'a directory that stayed open',
      script: 'for f in /proc/self/fd/*; do [ -d "$f/" ] && exit 0; done; exit 1',
    },
    { name: 'a root in a root', script: `perl -e '${chroots}'` },
    { name: 'a read-only bind: write', script: 'echo x >/ro/file' },
    { name: 'a read-only bind: create', script: 'touch /ro/sub/new' },
    { name: 'a read-only bind: mode', script: 'chmod 777 /ro/file' },
    {
      name: 'a read-only bind: owner',
      script: '[ -w /ro/sub ] && chown 1:1 /ro/file && [ "$(stat -c %u /ro/file)" = 1 ]',
    },
    { name: 'a read-only bind: hard link', script: 'ln /ro/file /tmp/link' },
    {
      name: 'a mount that the host sees',
      script: 'mkdir -p /cache/m && mount -t tmpfs x /cache/m && touch /cache/m/tsb && exit 0; exit 1',
      control: true,
    },
    { name: 'a read-only bind: remount', script: 'mount -o remount,bind,rw /ro', control: true },
    { name: 'a read-only bind: through the descriptor', script: 'exec 7</ro/file && echo x >/proc/self/fd/7' },
    { name: 'the layers in the list of mounts', script: `cat ${directory}/base/bin/busybox` },
    {
      name: 'the program that started us',
      script: 'for p in /proc/[0-9]*; do readlink $p/exe | grep -q launcher && exit 0; done; exit 1',
    },
  ];
}

function deviceAttempts(): Attempt[] {
  return [
    {
      name: 'a character device',
      script: 'rm -f /tmp/zero; mknod /tmp/zero c 1 5 && head -c 1 /tmp/zero | wc -c | grep -q 1',
      control: true,
    },
    {
      name: 'a device on every mount',
      script:
        'for d in $(cut -d" " -f5 /proc/self/mountinfo) /tmp; do [ -d $d ] && rm -f $d/tsb && mknod $d/tsb c 1 5 && head -c 1 $d/tsb | wc -c | grep -q 1 && exit 0; done; exit 1',
      control: true,
    },
    {
      name: 'a device below /dev',
      script: 'rm -f /dev/other; mknod /dev/other c 1 5 && cat </dev/other | head -c 1 | wc -c | grep -q 1',
      control: true,
    },
    {
      name: 'a set-user-id program on a tmpfs',
      script: `cp /usr/bin/cat /scratch/cat && chmod 4755 /scratch/cat && touch /scratch/closed && chmod 600 /scratch/closed && perl -e '$( = 7; $) = "7 7"; $< = $> = 7; $> == 7 or exit 1; exec "/scratch/cat", "/scratch/closed"'`,
    },
    { name: 'the memory', script: 'mknod /tmp/mem c 1 1 && exec 7</tmp/mem' },
    { name: 'a disk', script: 'mknod /tmp/disk b 254 0 && exec 7</tmp/disk' },
    { name: 'the kernel log', script: 'mknod /tmp/kmsg c 1 11 && exec 7</tmp/kmsg' },
    {
      name: 'devices that are there',
      script: 'for d in mem kmem port kmsg kvm fuse vda sda loop0 net/tun; do [ -e /dev/$d ] && exit 0; done; exit 1',
    },
    // Whether the host's have changed is looked at outside.
    {
      name: 'the mode and owner of devices',
      script: 'for d in null zero full tty; do chmod 600 /dev/$d; chown 7:7 /dev/$d; touch /dev/$d; done; exit 1',
    },
    {
      name: 'typing into a terminal',
      script: `for d in /dev/tty /proc/self/fd/0 /proc/self/fd/1; do perl -e 'open(T, "<", $ARGV[0]) or exit 1; ioctl(T, 0x5412, "x") or exit 1' $d && exit 0; done; exit 1`,
    },
  ];
}

function knobAttempts(): Attempt[] {
  const files = [
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/kernel/modprobe',
    '/proc/sys/kernel/hostname',
    '/proc/sys/vm/drop_caches',
    '/proc/sys/fs/binfmt_misc/register',
    '/proc/sysrq-trigger',
    '/sys/kernel/uevent_helper',
    '/sys/kernel/mm/transparent_hugepage/enabled',
    '/sys/power/state',
    '/proc/sys/user/max_user_namespaces',
    '/proc/sys/kernel/ns_last_pid',
    '/proc/sys/kernel/yama/ptrace_scope',
    '/proc/sys/net/core/somaxconn',
  ];
  const cgroups = '/sys/fs/cgroup /sys/fs/cgroup/*';
  return [
    ...files.map((file) => ({ name: `write ${file}`, script: `echo never >${file}` })),
    { name: 'a new control group', script: `for d in ${cgroups}; do mkdir $d/tsb-escape && exit 0; done; exit 1` },
    {
      name: 'notify_on_release',
      script: `for d in ${cgroups}; do echo 1 >$d/notify_on_release && exit 0; done; exit 1`,
    },
    { name: 'release_agent', script: `for d in ${cgroups}; do echo /x >$d/release_agent && exit 0; done; exit 1` },
    {
      name: 'a control group file system of version 1',
      script: 'mkdir /tmp/c1 && mount -t cgroup -o memory x /tmp/c1',
    },
    { name: 'a control group file system', script: 'mkdir /tmp/cg && mount -t cgroup2 x /tmp/cg' },
    { name: 'a fresh proc', script: 'mkdir -p /tmp/proc && mount -t proc x /tmp/proc', control: true },
    { name: 'a mask taken away', script: 'umount /proc/kcore || umount /proc/sys' },
    { name: 'the memory of the kernel', script: 'head -c 1 /proc/kcore | grep -q .' },
    { name: 'keys of the kernel', script: 'head -c 1 /proc/keys | grep -q .' },
  ];
}

function otherAttempts({ pid, port, socket }: Outside): Attempt[] {
  const connect = `socket(S, 1, 1, 0) or exit 1; connect(S, pack("Sa*", 1, "\\0${socket}")) or exit 1`;
  return [
    { name: 'a signal to a process outside', script: `kill -9 ${pid}` },
    { name: 'ptrace of a process outside', script: `perl -e 'exit(syscall(101, 16, ${pid}, 0, 0) == -1 ? 1 : 0)'` },
    { name: 'the root of a process outside', script: `cat /proc/${pid}/root/etc/passwd` },
    { name: 'a descriptor of a process outside', script: `perl -e 'exit(syscall(434, ${pid}, 0) == -1 ? 1 : 0)'` },
    { name: 'memory of a process outside', script: `exec 7</proc/${pid}/mem` },
    { name: 'the namespaces of a process outside', script: `nsenter -t ${pid} -m true` },
    { name: 'the namespaces of the first process', script: 'nsenter -t 1 -m true', control: true },
    { name: 'the loopback of the host', script: `nc -w 2 127.0.0.1 ${port} </dev/null | grep reached` },
    {
      name: 'the loopback of the host by version 6',
      script: `perl -e 'socket(S, 10, 1, 0) && connect(S, pack("SnNx15CN", 10, ${port}, 0, 1, 0)) or exit 1'`,
    },
    {
      name: 'the loopback of the host by other names',
      script: `for a in 127.0.0.2 0.0.0.0 localhost $(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p') 10.0.2.2; do nc -w 1 $a ${port} </dev/null | grep -q reached && exit 0; done; exit 1`,
    },
    { name: 'an abstract socket of the host', script: `perl -e '${connect}'` },
    { name: 'the network of the host', script: 'ip link set lo down' },
    { name: 'a new user namespace', script: 'unshare -U true', control: true },
    { name: 'a new mount namespace', script: 'unshare -m true', control: true },
  ];
}
