import { SYS } from '../syscall/numbers.ts';
import { type Address, at, type Label, type Program } from '../syscall/program.ts';
import { CLONE, O, PR, SIGNAL } from './flags.ts';
import { putMessage, sendMessage, TAG } from './messages.ts';

const POLLIN = 1;
const WNOHANG = 1;

/** Descriptors at known numbers; those of the processes are far behind what a program opens one after the other. */
const DESCRIPTOR = { control: 3, outer: 500, container: 501 };

/** Ends this process when its parent ends. */
export function dieWithParent(program: Program): void {
  program.call(SYS.prctl, [PR.setPdeathsig, SIGNAL.kill], { what: 'prctl PDEATHSIG' });
}

/** The launcher's first process: it dies with us, also if we have died before it could ask for that. */
export function startOuter(program: Program): void {
  const parent = program.reserve(8);
  const orphaned = program.label();
  const alive = program.label();
  dieWithParent(program);
  program.call(SYS.getppid, [], { store: parent });
  program.jumpIfDifferent(at(parent), process.pid, orphaned);
  program.jump(alive);
  program.place(orphaned);
  program.call(SYS.exit, [1]);
  program.place(alive);
}

/**
 * Divides the program into three processes: the outer one that we spawned, the supervisor as first process of a
 * process namespace, and the container as first process of another inside of it. Whatever happens to the outer one
 * or to us, the supervisor is killed, and with it the kernel kills everything inside, also a container that has
 * shaken off its own death signal by executing a set-user-id program.
 * What is added after this call is the container.
 * @param namespaces flags of the namespaces of the supervisor and the container
 * @param last the process id of what copies the container's output: nothing ends before it
 */
export function divide(program: Program, namespaces: number, last?: Address): void {
  const supervisor = putMessage(program, TAG.supervisor);
  const outer = program.label();
  const supervise = program.label();
  const container = program.label();
  const child = program.reserve(8);
  openOwnPidfd(program);
  program.call(SYS.unshare, [CLONE.newpid], { what: 'unshare the process namespace' });
  fork(program, 'fork the supervisor', supervisor, outer);
  startSupervisor(program);
  program.call(SYS.unshare, [namespaces | CLONE.newpid], { what: 'unshare namespaces' });
  program.call(SYS.unshare, [CLONE.newcgroup], { failed: 'next' });
  fork(program, 'fork the container', child, supervise);
  program.jump(container);
  addOuter(program, outer, supervisor, last);
  addSupervisor(program, supervise, child);
  program.place(container);
}

/**
 * Divides the program into a supervisor, which is the process that we spawned, and a process of the process namespace
 * that it has entered. What is added after this call is that process. Until it becomes the command nothing in the
 * container may look into it, which has all rights when it comes.
 */
export function divideEntered(program: Program, last?: Address): void {
  const supervisor = putMessage(program, TAG.supervisor);
  const [supervise, entered] = [program.label(), program.label()];
  const child = program.reserve(8);
  program.call(SYS.getpid, [], { store: supervisor });
  sendMessage(program, supervisor);
  const dumpable = (value: 0 | 1) =>
    program.call(SYS.prctl, [PR.setDumpable, value, 0, 0, 0], { what: 'prctl DUMPABLE' });
  const forked = program.label();
  dumpable(0);
  fork(program, 'fork the process', child, forked);
  program.jump(entered);
  program.place(forked);
  // We ourselves read the supervisor's descriptors.
  dumpable(1);
  program.jump(supervise);
  addSupervisor(program, supervise, child, last);
  program.place(entered);
}

function fork(program: Program, what: string, store: Address, parent: Label): void {
  program.call(SYS.clone, [SIGNAL.chld], { what, store, positive: parent });
}

/** A descriptor of the calling process, at a known number, which its children inherit. */
function openOwnPidfd(program: Program): void {
  const pid = program.reserve(8);
  program.call(SYS.getpid, [], { store: pid });
  openPidfd(program, pid, DESCRIPTOR.outer);
}

function openPidfd(program: Program, pid: Address, descriptor: number): void {
  const pidfd = program.reserve(8);
  program.call(SYS.pidfd_open, [at(pid), 0], { what: 'pidfd_open', store: pidfd });
  program.call(SYS.dup3, [at(pidfd), descriptor, O.cloexec], { what: 'dup3' });
  program.call(SYS.close, [at(pidfd)]);
}

/** Asks to die with the outer process, and looks whether that has died before. */
function startSupervisor(program: Program): void {
  const orphaned = program.label();
  const alive = program.label();
  dieWithParent(program);
  const now = program.words([0, 0]);
  program.call(SYS.ppoll, [pollFor(program, [DESCRIPTOR.outer]), 1, now, 0], { what: 'poll', positive: orphaned });
  program.jump(alive);
  program.place(orphaned);
  program.call(SYS.exit, [1]);
  program.place(alive);
}

/** The outer process tells who the supervisor is, and ends after it. */
function addOuter(program: Program, start: Label, supervisor: Address, last: Address | undefined): void {
  program.place(start);
  sendMessage(program, supervisor);
  program.call(SYS.wait4, [at(supervisor), 0, 0, 0], { what: 'wait for the supervisor' });
  waitFor(program, last);
  program.call(SYS.exit, [0]);
}

function waitFor(program: Program, pid: Address | undefined): void {
  if (pid !== undefined) program.call(SYS.wait4, [at(pid), 0, 0, 0], { failed: 'next' });
}

/**
 * The supervisor passes on what comes over descriptor 3, signal numbers as 64-bit words, and reports how the container
 * ended. It ends only after the first word has come: until then we may still be opening the pipes of the output,
 * which exist as long as these processes do. The end of descriptor 3 is our own end.
 */
function addSupervisor(program: Program, start: Label, container: Address, last?: Address): void {
  const status = putMessage(program, TAG.status);
  const started = putMessage(program, TAG.started, DESCRIPTOR.container);
  const word = program.reserve(8);
  const received = program.reserve(8);
  const [loop, forward, ended, finish] = [program.label(), program.label(), program.label(), program.label()];
  program.place(start);
  openPidfd(program, container, DESCRIPTOR.container);
  sendMessage(program, started);
  program.place(loop);
  const poll = pollFor(program, [DESCRIPTOR.container, DESCRIPTOR.control]);
  program.call(SYS.ppoll, [poll, 2, 0, 0], { failed: 'next' });
  program.call(SYS.wait4, [at(container), status, WNOHANG, 0], { what: 'wait for the container', positive: ended });
  program.call(SYS.read, [DESCRIPTOR.control, word, 8], { store: received, failed: 'next', positive: forward });
  program.call(SYS.pidfd_send_signal, [DESCRIPTOR.container, SIGNAL.kill, 0, 0], { failed: 'next' });
  program.call(SYS.wait4, [at(container), status, 0, 0], { what: 'wait for the container', positive: finish });
  program.place(forward);
  program.call(SYS.pidfd_send_signal, [DESCRIPTOR.container, at(word), 0, 0], { failed: 'next' });
  program.jump(loop);
  program.place(ended);
  program.jumpIfDifferent(at(received), 0, finish);
  program.call(SYS.read, [DESCRIPTOR.control, word, 8], { failed: 'next' });
  program.place(finish);
  waitFor(program, last);
  sendMessage(program, status);
  program.call(SYS.exit, [0]);
}

/** An array of `struct pollfd` that waits for something to read. */
function pollFor(program: Program, descriptors: readonly number[]): Address {
  const structs = descriptors.map((descriptor) => BigInt(descriptor) | (BigInt(POLLIN) << 32n));
  return program.words(structs);
}
