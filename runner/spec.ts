import type { BytePath } from '../src/base/bytepath.ts';
import type { Limits } from './cgroup/limits.ts';

/** The root file system: an overlay that exists only inside the sandbox, or what stands in for one. */
export interface OverlaySpec {
  /** Absolute; the other paths are relative to it, short, and free of `,`, `:` and `\`. */
  directory: BytePath;
  /** Top first. The bottom one holds the mount points (`SKELETON`). */
  lower: readonly BytePath[];
  /** Receives the changes; 0755, or the root directory is closed to users other than root. */
  upper: BytePath;
  /** Empty, on the file system of `upper`; with `volatile` new for each run. */
  work: BytePath;
  /** Overlay attributes as `user.overlay.*`: needed in a user namespace. */
  userxattr: boolean;
  /** No write reaches the disk for the sake of fsync; after a crash the upper directory is worth nothing. */
  volatile: boolean;
  /** Where no overlay can be mounted: `upper` holds all of the root already and is mounted as it is, without `lower`. */
  copied?: boolean | undefined;
}

export interface BindMount {
  /**
   * On the host, followed through symbolic links. With `root` or `overlay`, what `path` names inside of that and never
   * outside; an overlay of its own is mounted for this mount alone.
   */
  source: BytePath | { root: BytePath; path: BytePath } | { overlay: OverlaySpec; path: BytePath };
  /** Absolute in the container; symbolic links lead nowhere but inside. */
  target: BytePath;
  readonly: boolean;
  /** With everything mounted below the source. */
  recursive: boolean;
  /** What to make of a target that does not exist. Default: a directory. */
  kind?: 'directory' | 'file' | undefined;
}

export interface TmpfsMount {
  target: BytePath;
  /** Bytes; default half of the memory. */
  size?: number | undefined;
  /** Default 01777. */
  mode?: number | undefined;
  readonly?: boolean | undefined;
}

/** A read-only file that exists in memory alone, for what must not reach a disk. */
export interface MemoryFile {
  target: BytePath;
  content: Uint8Array;
  mode: number;
  uid: number;
  gid: number;
}

export interface Ulimit {
  /** As in `ulimit` of Docker: `nofile`, `nproc`, `core`, … */
  name: string;
  soft: number | bigint;
  hard: number | bigint;
}

export interface SandboxUser {
  uid: number;
  gid: number;
  /** Supplementary groups. */
  groups: readonly number[];
}

/** A program more in a running container. */
export type ExecSpec = Pick<
  SandboxSpec,
  'args' | 'env' | 'cwd' | 'user' | 'insecure' | 'capabilities' | 'ulimits' | 'singleUid'
> & {
  /** Whether the container has a network namespace of its own. */
  ownNetwork: boolean;
};

export interface SandboxSpec {
  overlay: OverlaySpec;
  /** Program and arguments, as text; a program without a slash is searched along the PATH of `env`. */
  args: readonly string[];
  /** As text: `NAME=value`, or by name. */
  env: readonly string[] | Readonly<Record<string, string>>;
  /** Absolute in the container, as text; it exists. */
  cwd: string;
  user: SandboxUser;
  hostname: string;
  /** `none`: an own network with nothing but loopback. An open descriptor: that network namespace. */
  network: 'host' | 'none' | { namespace: number };
  /** All capabilities, every system call, and nothing masked or read-only: to be used for what is trusted like us. */
  insecure?: boolean | undefined;
  /** Numbers of capabilities (linux/capability.h) in the place of Docker's. */
  capabilities?: readonly number[] | undefined;
  /** The first process is a small one of ours, which passes signals on and collects orphans. */
  init?: boolean | undefined;
  /** No command: the first process waits to be killed. `args` does not count. */
  idle?: boolean | undefined;
  readonlyRoot?: boolean | undefined;
  mounts?: readonly BindMount[] | undefined;
  tmpfs?: readonly TmpfsMount[] | undefined;
  files?: readonly MemoryFile[] | undefined;
  /** Files of the host that appear, read-only, as /etc/hosts, /etc/resolv.conf and /etc/hostname. */
  etc?:
    | { hosts?: BytePath | undefined; resolvConf?: BytePath | undefined; hostname?: BytePath | undefined }
    | undefined;
  /** Bytes of /dev/shm; default 64 MiB. */
  shmSize?: number | undefined;
  ulimits?: readonly Ulimit[] | undefined;
  limits?: Limits | undefined;
  /** The user namespace maps a single id: every change of owner or user is answered with success and does nothing. */
  singleUid?: boolean | undefined;
}

/** What the bottom lower directory of every overlay holds, so that mount points never appear in an upper directory. */
export const SKELETON: readonly { path: string; type: 'directory' | 'file' }[] = [
  { path: 'proc', type: 'directory' },
  { path: 'sys', type: 'directory' },
  { path: 'dev', type: 'directory' },
  { path: 'etc', type: 'directory' },
  { path: 'etc/hosts', type: 'file' },
  { path: 'etc/resolv.conf', type: 'file' },
  { path: 'etc/hostname', type: 'file' },
];

/**
 * How the command ended; `message` says why one that could not be started has 126 or 127, as Docker does.
 * `outOfMemory`: the kernel has killed a process of the container because of its limit.
 */
export type SandboxExit = ({ code: number; message?: string | undefined } | { signal: NodeJS.Signals }) & {
  outOfMemory?: boolean | undefined;
};
