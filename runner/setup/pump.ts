import { SYS } from '../syscall/numbers.ts';
import { type Address, type Argument, at, type Program } from '../syscall/program.ts';
import { SIGNAL } from './flags.ts';
import { dieWithParent } from './processes.ts';

const CHUNK = 65_536;
const TIOCSWINSZ = 0x5414;
const WINDOW_SIZE = 8;

/**
 * Starts a process that copies one descriptor to another until the first ends or the second takes no more; it is
 * killed with its parent. It lives where the program is now: started before the container's process namespace, no
 * process of the container sees it.
 * @param unused descriptors that it must not keep open
 * @returns the address of its process id
 */
export function forkPump(program: Program, from: Argument, to: Argument, unused: readonly Argument[] = []): Address {
  const count = program.reserve(8);
  const buffer = program.reserve(CHUNK);
  return forkLoop(program, unused, (again, end) => {
    const copied = program.label();
    program.call(SYS.read, [from, buffer, CHUNK], { store: count, failed: end, positive: copied });
    program.jump(end);
    program.place(copied);
    program.call(SYS.write, [to, buffer, at(count)], { failed: end });
    program.jump(again);
  });
}

/** Starts a process that gives the terminal every size that comes over a descriptor, as a `struct winsize`. */
export function forkResizer(program: Program, from: Argument, terminal: Argument): void {
  const size = program.reserve(WINDOW_SIZE);
  forkLoop(program, [], (again, end) => {
    const received = program.label();
    program.call(SYS.read, [from, size, WINDOW_SIZE], { failed: end, positive: received });
    program.jump(end);
    program.place(received);
    program.call(SYS.ioctl, [terminal, TIOCSWINSZ, size], { failed: 'next' });
    program.jump(again);
  });
}

type Label = ReturnType<Program['label']>;

function forkLoop(program: Program, unused: readonly Argument[], addBody: (again: Label, end: Label) => void): Address {
  const pid = program.reserve(8);
  const [parent, again, end] = [program.label(), program.label(), program.label()];
  program.call(SYS.clone, [SIGNAL.chld], { what: 'fork a process that copies', store: pid, positive: parent });
  dieWithParent(program);
  for (const descriptor of unused) program.call(SYS.close, [descriptor], { failed: 'next' });
  program.place(again);
  addBody(again, end);
  program.place(end);
  program.call(SYS.exit, [0]);
  program.place(parent);
  return pid;
}
