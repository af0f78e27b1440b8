import type { SandboxUser } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { type Address, at, type Program } from '../syscall/program.ts';
import { O } from './flags.ts';
import { putMessage, sendMessage } from './messages.ts';
import { forkPump } from './pump.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** The first descriptor behind those of the launcher: 3 brings the program, 4 takes reports. */
const FIRST_OTHER = 5;
const LAST = 0xffff_ffff;

/** Addresses of words whose low half is a descriptor: what takes them as an argument takes that half. */
export interface Pipe {
  reader: Address;
  writer: Address;
}

/**
 * A real pipe, and a message about it with this tag: what Node makes are sockets, and a socket cannot be opened as
 * /dev/stdout. We open the end to read under /proc.
 */
export function openPipe(program: Program, tag: number): Pipe {
  const ends = putMessage(program, tag);
  program.call(SYS.pipe2, [ends, O.cloexec], { what: 'pipe' });
  sendMessage(program, ends);
  return { reader: ends, writer: (ends + 4) as Address };
}

/**
 * A real pipe that brings what comes over descriptor 0, which Node makes a socket. Ends when that ends.
 * @returns the address of the end to read
 */
export function openInput(program: Program): Address {
  const reader = program.reserve(8);
  const writer = (reader + 4) as Address;
  program.call(SYS.pipe2, [reader, O.cloexec], { what: 'pipe' });
  forkPump(program, 0, at(writer), [at(reader)]);
  program.call(SYS.close, [at(writer)]);
  return reader;
}

/** Makes an end of a pipe a standard stream of the container; its user may open it by name. */
export function connect(program: Program, pipe: Address, descriptor: 0 | 1 | 2, user: SandboxUser): void {
  program.call(SYS.dup3, [at(pipe), descriptor, 0], { what: 'connect a standard stream' });
  // EINVAL: an id that the user namespace does not map.
  const options = { what: 'fchown a standard stream', failed: 'next', expected: 'EINVAL' } as const;
  program.call(SYS.fchown, [descriptor, user.uid, user.gid], options);
}

/** Leaves the command 0, 1 and 2. No directory of the host stays open, also not for `cwd` to lead to. */
export function closeOthers(program: Program): void {
  program.call(SYS.close_range, [FIRST_OTHER, LAST, 0], { what: 'close_range' });
  closeOnExec(program);
}

/** The program that follows the launcher gets neither of its descriptors. */
export function closeOnExec(program: Program): void {
  for (const descriptor of [3, 4]) program.call(SYS.fcntl, [descriptor, F_SETFD, FD_CLOEXEC], { what: 'fcntl' });
}
