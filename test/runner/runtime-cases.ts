import type { SandboxExit, SandboxSpec } from '../../runner/index.ts';

export interface Case {
  name: string;
  args: readonly string[];
  /** @param shared a directory of the host with the file `deep/file` */
  changes?: (shared: string) => Partial<SandboxSpec>;
  /** The sandbox is cancelled when it has said this. */
  abortOn?: string;
  exit: SandboxExit;
  /** Exactly, or what it has to match. */
  output: string | RegExp;
  /** Needs more than what a user, or a user with a single id, has. */
  needs?: 'root' | 'ids';
}

const sh = (script: string): string[] => ['sh', '-c', `exec 2>&1; ${script}`];
const DONE = { code: 0 };

/** What a step can be, and what comes of it with every back end. */
export const CASES: readonly Case[] = [
  { name: 'an exit code', args: sh('echo out; exit 7'), exit: { code: 7 }, output: 'out\n' },
  {
    name: 'a command that is not there',
    args: ['nope'],
    exit: { code: 127, message: 'exec "nope": executable file not found in $PATH' },
    output: /^$|nope/,
  },
  {
    name: 'a file that cannot be executed',
    args: ['/etc/passwd'],
    exit: { code: 126, message: 'exec "/etc/passwd": EACCES (permission denied)' },
    output: /^$|denied/,
  },
  {
    name: 'arguments, environment and directory, as they are written',
    args: ['sh', '-c', 'echo "$0" "$1" "$A"; pwd', 'ä', ' b "c" \\n'],
    changes: () => ({ env: ['PATH=/bin', 'A=é "x"'], cwd: '/tmp' }),
    exit: DONE,
    output: 'ä  b "c" \\n é "x"\n/tmp\n',
  },
  {
    name: 'a user with groups',
    args: sh('id -u; id -G; umask; grep CapEff /proc/self/status; touch /x'),
    changes: () => ({ user: { uid: 7, gid: 8, groups: [9, 10] } }),
    exit: { code: 1 },
    output: /^7\n8 9 10\n0022\nCapEff:\t0{16}\n.*Permission denied\n$/,
    needs: 'ids',
  },
  {
    name: 'what root may do',
    args: sh('grep -E "^(Cap|NoNew|Seccomp:)" /proc/self/status; hostname; unshare -m true'),
    exit: { code: 1 },
    output:
      /^CapInh:\t0+\nCapPrm:\t0{8}a80425fb\nCapEff:\t0{8}a80425fb\nCapBnd:\t0{8}a80425fb\nCapAmb:\t0+\nNoNewPrivs:\t0\nSeccomp:\t2\nbuild\nunshare: .*not permitted\n$/,
  },
  {
    name: 'descriptors and limits',
    args: sh('ls /proc/self/fd | wc -l; ulimit -n; ulimit -Hn; ulimit -c'),
    changes: () => ({
      ulimits: [
        { name: 'nofile', soft: 100, hard: 200 },
        { name: 'core', soft: 0, hard: -1 },
      ],
    }),
    exit: DONE,
    output: '4\n100\n200\n0\n',
  },
  {
    name: 'binds, tmpfs and files in memory',
    args: sh(
      'cat /b/file /one; touch /b/x; echo more >/w/new && cat /w/new; df /t | tail -1 | tr -s " " | cut -d" " -f1,2; cat /run/secrets/s; stat -c "%a %u" /run/secrets/s; ls /d/t',
    ),
    changes: (shared) => ({
      mounts: [
        { source: `${shared}/deep`, target: '/b', readonly: true, recursive: true },
        {
          source: { root: shared, path: '/deep/file' },
          target: '/one',
          readonly: true,
          recursive: false,
          kind: 'file',
        },
        { source: shared, target: '/w', readonly: false, recursive: false },
        { source: { root: shared, path: '/' }, target: '/d', readonly: false, recursive: false },
      ],
      tmpfs: [
        { target: '/t', size: 65536 },
        { target: '/d/t', mode: 0o755 },
      ],
      files: [{ target: '/run/secrets/s', content: Buffer.from('secret\n'), mode: 0o400, uid: 0, gid: 0 }],
    }),
    exit: DONE,
    output: 'shared\nshared\ntouch: /b/x: Read-only file system\nmore\ntmpfs 64\nsecret\n400 0\n',
  },
  {
    name: 'no network but the loopback',
    args: sh('ls /sys/class/net; ip addr | grep -c "inet 127.0.0.1"'),
    exit: DONE,
    output: 'lo\n1\n',
  },
  {
    name: 'devices',
    args: sh(
      'echo x >/dev/null; head -c 2 /dev/zero | wc -c; ls /dev/pts /dev/shm; for d in /tmp/z /dev/z; do mknod $d c 1 5 2>/dev/null; head -c 1 <$d; done',
    ),
    exit: { code: 1 },
    output: /^2\n\/dev\/pts:\nptmx\n\n\/dev\/shm:\n(.*(permission denied|nonexistent|no such file).*\n){2}$/i,
  },
  {
    name: 'the network of the host and a root that is read-only',
    args: sh('ls /sys/class/net | grep -c .; touch /y; touch /sys/y; touch /dev/y'),
    changes: () => ({ network: 'host', readonlyRoot: true }),
    exit: DONE,
    output: /^[1-9]\d*\ntouch: \/y: Read-only file system\ntouch: \/sys\/y: Read-only file system\n$/,
  },
  {
    name: 'all rights',
    args: sh('unshare -m true && echo unshared; grep Seccomp: /proc/self/status'),
    changes: () => ({ insecure: true }),
    exit: DONE,
    output: 'unshared\nSeccomp:\t0\n',
    needs: 'ids',
  },
  {
    name: 'being cancelled',
    args: sh('echo up; exec sleep 1000'),
    abortOn: 'up',
    exit: { signal: 'SIGKILL' },
    output: 'up\n',
  },
  {
    name: 'a limit of memory',
    args: ['tail', '/dev/zero'],
    changes: () => ({ limits: { memory: 64 << 20, memorySwap: 64 << 20 } }),
    exit: { signal: 'SIGKILL', outOfMemory: true },
    output: '',
    needs: 'root',
  },
];
