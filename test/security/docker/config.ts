import { existsSync, readdirSync } from 'node:fs';
import { DOCKER_SECCOMP } from './profile.ts';

/** Names without `CAP_` (moby, daemon/pkg/oci/caps/defaults.go). */
const CAPABILITIES = (
  'CHOWN DAC_OVERRIDE FSETID FOWNER MKNOD NET_RAW SETGID SETUID SETFCAP SETPCAP NET_BIND_SERVICE SYS_CHROOT KILL ' +
  'AUDIT_WRITE'
)
  .split(' ')
  .map((name) => `CAP_${name}`);

/** As moby, daemon/pkg/oci/defaults.go, has them. */
const MOUNTS = [
  ['/proc', 'proc', 'nosuid,noexec,nodev'],
  ['/dev', 'tmpfs', 'nosuid,strictatime,mode=755,size=65536k'],
  ['/dev/pts', 'devpts', 'nosuid,noexec,newinstance,ptmxmode=0666,mode=0620,gid=5'],
  ['/sys', 'sysfs', 'nosuid,noexec,nodev,ro'],
  ['/sys/fs/cgroup', 'cgroup', 'ro,nosuid,noexec,nodev'],
  ['/dev/mqueue', 'mqueue', 'nosuid,noexec,nodev'],
  ['/dev/shm', 'tmpfs', 'nosuid,noexec,nodev,mode=1777,size=67108864'],
];

const MASKED = [
  ...'acpi asound interrupts kcore keys latency_stats sched_debug scsi timer_list timer_stats'
    .split(' ')
    .map((name) => `/proc/${name}`),
  '/sys/devices/virtual/powercap',
  '/sys/firmware',
];
const READONLY = ['bus', 'fs', 'irq', 'sys', 'sysrq-trigger'].map((name) => `/proc/${name}`);

const NODES = [
  [1, 3],
  [1, 5],
  [1, 7],
  [1, 8],
  [1, 9],
  [5, 0],
  [5, 1],
  [5, 2],
];

export interface DockerOptions {
  root: string;
  args: readonly string[];
  uid: number;
  hostname: string;
  /** Hard limit of open files: Docker's own, which a container inherits. */
  nofile: number;
  binds: readonly { source: string; target: string }[];
  cgroup: string;
}

/** The configuration of an OCI runtime that Docker makes of `docker run --network=none` with no other option. */
export function dockerConfig({ root, args, uid, hostname, nofile, binds, cgroup }: DockerOptions): object {
  const capabilities = uid === 0 ? CAPABILITIES : [];
  return {
    ociVersion: '1.0.2',
    hostname,
    root: { path: root },
    process: {
      args,
      cwd: '/',
      env: ['PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'],
      user: { uid, gid: uid, additionalGids: [uid] },
      capabilities: { bounding: CAPABILITIES, permitted: capabilities, effective: capabilities },
      rlimits: [{ type: 'RLIMIT_NOFILE', soft: 1024, hard: nofile }],
      oomScoreAdj: 0,
    },
    mounts: [
      ...MOUNTS.map(([destination, type, options = '']) => ({
        destination,
        type,
        source: type,
        options: options.split(','),
      })),
      ...binds.map(({ source, target }) => ({
        destination: target,
        type: 'bind',
        source,
        options: ['rbind', 'ro', 'rprivate'],
      })),
    ],
    linux: {
      namespaces: ['mount', 'network', 'uts', 'pid', 'ipc', 'cgroup'].map((type) => ({ type })),
      maskedPaths: [...MASKED, ...throttles()],
      readonlyPaths: READONLY,
      seccomp: DOCKER_SECCOMP,
      sysctl: { 'net.ipv4.ip_unprivileged_port_start': '0', 'net.ipv4.ping_group_range': '0 2147483647' },
      cgroupsPath: cgroup,
      resources: {
        devices: [
          { allow: false, access: 'rwm' },
          { allow: true, type: 'c', access: 'm' },
          { allow: true, type: 'b', access: 'm' },
          ...NODES.map(([major, minor]) => ({ allow: true, type: 'c', major, minor, access: 'rwm' })),
          { allow: true, type: 'c', major: 136, access: 'rwm' },
        ],
      },
    },
  };
}

/** Of each processor that counts how often it was too hot. */
function throttles(): string[] {
  const cpus = '/sys/devices/system/cpu';
  return readdirSync(cpus)
    .filter((name) => /^cpu\d+$/.test(name))
    .map((name) => `${cpus}/${name}/thermal_throttle`)
    .filter((path) => existsSync(path));
}
