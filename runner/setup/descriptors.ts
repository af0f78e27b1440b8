import type { SandboxUser } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { type Address, at, type Program } from '../syscall/program.ts';
import { O } from './flags.ts';
import { putMessage, sendMessage } from './messages.ts';

const F_SETFD = 2;
const FD_CLOEXEC = 1;
/** The first descriptor behind those of the launcher: 3 brings the program, 4 takes reports. */
const FIRST_OTHER = 5;
const LAST = 0xffff_ffff;

/** Addresses of words whose low half is a descriptor. */
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

/** Makes the pipe a standard stream of the container; its user may open it by name. */
export function connect(program: Program, pipe: Pipe, descriptor: 1 | 2, user: SandboxUser): void {
  program.call(SYS.dup3, [at(pipe.writer), descriptor, 0], { what: 'connect the output' });
  // EINVAL: an id that the user namespace does not map.
  const options = { what: 'fchown the output', failed: 'next', expected: 'EINVAL' } as const;
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
