import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import { AT, MNT_DETACH, MOUNT_ATTR, MS, O, OPEN_TREE_CLONE } from './flags.ts';
import { TTY_GROUP } from './terminal.ts';
import { openTree, placeTree, restrictTree, type Tree } from './trees.ts';

/** Name, major and minor (Documentation/admin-guide/devices.txt of Linux). */
export const NODES: readonly [name: string, major: number, minor: number][] = [
  ['null', 1, 3],
  ['zero', 1, 5],
  ['full', 1, 7],
  ['random', 1, 8],
  ['urandom', 1, 9],
  ['tty', 5, 0],
];

const LINKS: readonly [string, string][] = [
  ['/proc/self/fd', '/dev/fd'],
  ['/proc/self/fd/0', '/dev/stdin'],
  ['/proc/self/fd/1', '/dev/stdout'],
  ['/proc/self/fd/2', '/dev/stderr'],
  ['/proc/kcore', '/dev/core'],
  ['pts/ptmx', '/dev/ptmx'],
];

const S_IFREG = 0o100000;
const S_IFCHR = 0o020000;
/** As Docker has it. */
export const DEFAULT_SHM_SIZE = 64 << 20;

/**
 * The host's nodes, for a user namespace, which cannot make any. Read-only, which a device does not mind, so that root
 * cannot change the mode or owner that they have on the host.
 */
export function openDeviceNodes(program: Program): Tree[] {
  return NODES.map(([name]) => {
    const tree = openTree(program, `/dev/${name}`, { recursive: false });
    restrictTree(program, tree, MOUNT_ATTR.rdonly, false);
    return tree;
  });
}

/**
 * Puts nodes of the container's own in the place of the host's where the kernel lets us make some: root may change
 * them as in any container. They are made on a file system of which nothing else stays, and which is not `nodev`.
 */
export function makeDeviceNodes(program: Program, nodes: readonly Tree[]): void {
  const done = program.label();
  mountFresh(program, 'tmpfs', '/dev', MS.nosuid | MS.noexec, 'mode=755,size=64k');
  NODES.forEach(([name, major, minor], index) => {
    const path = program.string(`/dev/${name}`);
    const what = `make the device ${name}`;
    const node = [AT.fdcwd, path, S_IFCHR | 0o666, (major << 8) | minor];
    program.call(SYS.mknodat, node, { what, failed: done, expected: 'EPERM' });
    const args = [AT.fdcwd, path, OPEN_TREE_CLONE | O.cloexec];
    program.call(SYS.open_tree, args, { what, store: nodes[index] as Tree });
  });
  program.place(done);
  program.call(SYS.umount2, [program.string('/dev'), MNT_DETACH], { what: 'umount the devices' });
}

export interface DeviceOptions {
  /** Bytes; default 64 MiB. */
  shmSize?: number | undefined;
  /** Device nodes that are made in it can be opened. */
  insecure: boolean;
  /** The file system of terminals, where there is one already. */
  terminals?: Tree | undefined;
}

/** A /dev of its own with the six nodes that every program expects, terminals, shared memory and message queues. */
export function mountDevices(program: Program, nodes: readonly Tree[], options: DeviceOptions): void {
  const { shmSize = DEFAULT_SHM_SIZE, insecure, terminals } = options;
  makeDeviceNodes(program, nodes);
  const flags = MS.nosuid | MS.strictatime | (insecure ? 0 : MS.nodev);
  mountFresh(program, 'tmpfs', '/dev', flags, 'mode=755,size=65536k');
  NODES.forEach(([name], index) => {
    const target = `/dev/${name}`;
    program.call(SYS.mknodat, [AT.fdcwd, program.string(target), S_IFREG | 0o666, 0], { what: `create ${target}` });
    placeTree(program, nodes[index] as Tree, target, { follow: false });
  });
  for (const [content, path] of LINKS) {
    program.call(SYS.symlinkat, [program.string(content), AT.fdcwd, program.string(path)], { what: `create ${path}` });
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
  program.call(SYS.mkdirat, [AT.fdcwd, program.string(path), 0o755], { what: `create ${path}` });
}

function mountFresh(program: Program, type: string, target: string, flags: number, options: string): void {
  const args = [program.string(type), program.string(target), program.string(type), flags, program.string(options)];
  program.call(SYS.mount, args, { what: `mount ${type} on ${target}` });
}
