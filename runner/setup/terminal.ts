import { SYS } from '../syscall/numbers.ts';
import { type Address, type Argument, at, type Program } from '../syscall/program.ts';
import { AT, MOUNT_ATTR, O } from './flags.ts';
import { forkPump, forkResizer } from './pump.ts';
import { configuredTree, type Tree } from './trees.ts';

/** ioctl_tty(2). */
const TIOC = { sctty: 0x540e, swinsz: 0x5414, sptlck: 0x4004_5431, gptpeer: 0x5441 };
const O_RDWR = 2;
const O_NOCTTY = 0x100;
const UNCHANGED = 0xffff_ffff;

/** The group `tty` of most distributions, which owns terminals. */
export const TTY_GROUP = '5';
const OPTIONS: readonly [string, string][] = [
  ['ptmxmode', '0666'],
  ['mode', '0620'],
];

export interface WindowSize {
  rows: number;
  columns: number;
}

/** A pseudo terminal: its master, which no process of the container gets, and who copies its output. */
export interface Terminal {
  master: Address;
  /** The process id of what copies the output, which ends when the last process has let go of the terminal. */
  pump: Address;
}

/**
 * A file system of terminals (devpts) that is mounted nowhere yet, and a terminal of it. It is opened before there is
 * a container, so that nothing of it decides what is opened.
 */
export function openTerminal(program: Program, size: WindowSize): Terminal & { tree: Tree } {
  const tree = program.reserve(8) as Tree;
  const [refused, made] = [program.label(), program.label()];
  const attributes = MOUNT_ATTR.nosuid | MOUNT_ATTR.noexec;
  // EINVAL: the user namespace has no such group.
  const refusal = { failed: refused, expected: 'EINVAL' } as const;
  configuredTree(program, { type: 'devpts', parameters: [...OPTIONS, ['gid', TTY_GROUP]], attributes }, tree, refusal);
  program.jump(made);
  program.place(refused);
  configuredTree(program, { type: 'devpts', parameters: OPTIONS, attributes }, tree, {});
  program.place(made);
  return { tree, ...openMaster(program, at(tree), 'ptmx', size) };
}

/** A terminal more of a container, for a program that has entered its mount namespace. */
export function openOtherTerminal(program: Program, size: WindowSize): Terminal {
  return openMaster(program, AT.fdcwd, '/dev/pts/ptmx', size);
}

/** Descriptor 0 becomes what is typed, 1 takes what is shown, 2 brings changes of the window's size. */
function openMaster(program: Program, directory: Argument, path: string, size: WindowSize): Terminal {
  const master = program.reserve(8);
  const flags = O_RDWR | O_NOCTTY | O.cloexec;
  const what = 'open a terminal';
  program.call(SYS.openat, [directory, program.string(path), flags, 0], { what, store: master });
  program.call(SYS.ioctl, [at(master), TIOC.sptlck, program.words([0])], { what: 'unlock the terminal' });
  const winsize = program.words([BigInt(size.rows) | (BigInt(size.columns) << 16n)]);
  program.call(SYS.ioctl, [at(master), TIOC.swinsz, winsize], { what: 'set the size of the terminal' });
  forkPump(program, 0, at(master));
  forkResizer(program, 2, at(master));
  return { master, pump: forkPump(program, at(master), 1) };
}

/** Makes the terminal that of the calling process, the leader of a session, and its three streams. */
export function takeTerminal(program: Program, { master }: Terminal, uid: number): void {
  const peer = program.reserve(8);
  const flags = O_RDWR | O_NOCTTY;
  program.call(SYS.ioctl, [at(master), TIOC.gptpeer, flags], {
    what: 'open the other end of the terminal',
    store: peer,
  });
  program.call(SYS.ioctl, [at(peer), TIOC.sctty, 0], { what: 'take the terminal' });
  for (const descriptor of [0, 1, 2])
    program.call(SYS.dup3, [at(peer), descriptor, 0], { what: 'connect the terminal' });
  // EINVAL: an id that the user namespace does not map.
  const options = { what: 'fchown the terminal', failed: 'next', expected: 'EINVAL' } as const;
  program.call(SYS.fchown, [0, uid, UNCHANGED], options);
}
