import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import { MS } from './flags.ts';
import { TTY_GROUP } from './terminal.ts';
import { openTree, placeTree, type Tree } from './trees.ts';

const NODES = ['null', 'zero', 'full', 'random', 'urandom', 'tty'];

const LINKS: readonly [string, string][] = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['/proc/kcore', '/dev/core'],
  ['pts/ptmx', '/dev/ptmx'],
];

const S_IFREG = 0o100000;
/** As Docker has it. */
const DEFAULT_SHM_SIZE = 64 << 20;

/** The host's nodes: a user namespace cannot make any, and ours would not open on a file system that is `nodev`. */
export function openDeviceNodes(program: Program): Tree[] {
  return NODES.map((name) => openTree(program, `/dev/${name}`, { recursive: false }));
}

export interface DeviceOptions {
  /** Bytes; default 64 MiB. */
  shmSize?: number | undefined;
  /** Device nodes that are made in it can be opened. */
  insecure: boolean;
  /** The file system of terminals, where there is one already. */
  terminals?: Tree | undefined;
}

/** A /dev of its own with the six nodes every program expects, terminals, shared memory and message queues. */
export function mountDevices(program: Program, nodes: readonly Tree[], options: DeviceOptions): void {
  const { shmSize = DEFAULT_SHM_SIZE, insecure, terminals } = options;
  const flags = MS.nosuid | MS.strictatime | (insecure ? 0 : MS.nodev);
  mountFresh(program, 'tmpfs', '/dev', flags, 'mode=755,size=65536k');
  NODES.forEach((name, index) => {
    const target = `/dev/${name}`;
    program.call(SYS.mknod, [program.string(target), S_IFREG | 0o666, 0], { what: `create ${target}` });
    placeTree(program, nodes[index] as Tree, target, { follow: false });
  });
  for (const [content, path] of LINKS) {
    program.call(SYS.symlink, [program.string(content), program.string(path)], { what: `create ${path}` });
  }
  makeDirectory(program, '/dev/pts');
  if (terminals === undefined) mountTerminals(program);
  else placeTree(program, terminals, '/dev/pts', { follow: false });
  makeDirectory(program, '/dev/shm');
  mountFresh(program, 'tmpfs', '/dev/shm', MS.nosuid | MS.nodev | MS.noexec, `mode=1777,size=${shmSize}`);
  mountQueues(program);
}

/** Without the group where the user namespace has no such id. */
function mountTerminals(program: Program): void {
  const options = 'newinstance,ptmxmode=0666,mode=0620';
  const [type, target] = [program.string('devpts'), program.string('/dev/pts')];
  const flags = MS.nosuid | MS.noexec;
  const [refused, done] = [program.label(), program.label()];
  program.call(SYS.mount, [type, target, type, flags, program.string(`${options},gid=${TTY_GROUP}`)], {
    what: 'mount devpts',
    failed: refused,
    expected: 'EINVAL',
  });
  program.jump(done);
  program.place(refused);
  program.call(SYS.mount, [type, target, type, flags, program.string(options)], { what: 'mount devpts' });
  program.place(done);
}

/** ENODEV: a kernel without message queues. */
function mountQueues(program: Program): void {
  makeDirectory(program, '/dev/mqueue');
  const [type, target] = [program.string('mqueue'), program.string('/dev/mqueue')];
  const flags = MS.nosuid | MS.nodev | MS.noexec;
  program.call(SYS.mount, [type, target, type, flags, 0], { what: 'mount mqueue', failed: 'next', expected: 'ENODEV' });
}

function makeDirectory(program: Program, path: string): void {
  program.call(SYS.mkdir, [program.string(path), 0o755], { what: `create ${path}` });
}

function mountFresh(program: Program, type: string, target: string, flags: number, options: string): void {
  const args = [program.string(type), program.string(target), program.string(type), flags, program.string(options)];
  program.call(SYS.mount, args, { what: `mount ${type} on ${target}` });
}
