/**
 * Numbers of the system calls that programs are made of (Linux, arch/x86/entry/syscalls/syscall_64.tbl and
 * scripts/syscall.tbl, which arm64 uses), on x86-64 and on arm64. Where arm64 lacks an old call, its newer form with a
 * directory is used on both.
 */
const NUMBERS = {
  read: [0, 63],
  write: [1, 64],
  close: [3, 57],
  lseek: [8, 62],
  rt_sigaction: [13, 134],
  rt_sigprocmask: [14, 135],
  ioctl: [16, 29],
  getpid: [39, 172],
  socket: [41, 198],
  clone: [56, 220],
  execve: [59, 221],
  exit: [60, 93],
  wait4: [61, 260],
  kill: [62, 129],
  fcntl: [72, 25],
  flock: [73, 32],
  chdir: [80, 49],
  fchdir: [81, 50],
  fchown: [93, 55],
  umask: [95, 166],
  getppid: [110, 173],
  setsid: [112, 157],
  setgroups: [116, 159],
  setresuid: [117, 147],
  setresgid: [119, 149],
  capset: [126, 91],
  pivot_root: [155, 41],
  prctl: [157, 167],
  mount: [165, 40],
  umount2: [166, 39],
  sethostname: [170, 161],
  lsetxattr: [189, 6],
  lgetxattr: [192, 9],
  llistxattr: [195, 12],
  openat: [257, 56],
  mkdirat: [258, 34],
  mknodat: [259, 33],
  unlinkat: [263, 35],
  symlinkat: [266, 36],
  ppoll: [271, 73],
  unshare: [272, 97],
  utimensat: [280, 88],
  signalfd4: [289, 74],
  dup3: [292, 24],
  pipe2: [293, 59],
  prlimit64: [302, 261],
  setns: [308, 268],
  seccomp: [317, 277],
  memfd_create: [319, 279],
  execveat: [322, 281],
  pidfd_send_signal: [424, 424],
  open_tree: [428, 428],
  move_mount: [429, 429],
  fsopen: [430, 430],
  fsconfig: [431, 431],
  fsmount: [432, 432],
  pidfd_open: [434, 434],
  close_range: [436, 436],
  openat2: [437, 437],
  mount_setattr: [442, 442],
} as const;

export type CallName = keyof typeof NUMBERS;

const COLUMN = process.arch === 'arm64' ? 1 : 0;

/** The numbers for this processor. */
export const SYS = Object.fromEntries(
  Object.entries(NUMBERS).map(([name, numbers]) => [name, numbers[COLUMN]]),
) as Readonly<Record<CallName, number>>;
