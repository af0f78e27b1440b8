import { SYS } from '../syscall/numbers.ts';
import { at, type Program } from '../syscall/program.ts';
import { O, PR, SIGNAL } from './flags.ts';
import { putMessage, sendMessage, TAG } from './messages.ts';

const SIG_SETMASK = 2;
const EVERY_SIGNAL = 0xffff_ffff_ffff_ffffn;
/** Of `struct signalfd_siginfo`, which begins with the signal's number; its second word is 0 for a signal that was sent. */
const SIGINFO_SIZE = 128;
const WNOHANG = 1;

/**
 * The first process of the container stays a small one that passes signals on and collects processes whose parents
 * are gone; what is added after this call is its child, whose end is the container's. No process of the container
 * may look into it.
 */
export function forkFromInit(program: Program): void {
  const status = putMessage(program, TAG.commandStatus);
  const [signals, child, ended] = [program.reserve(8), program.reserve(8), program.reserve(8)];
  const info = program.reserve(SIGINFO_SIZE);
  const [loop, collect, collected] = [program.label(), program.label(), program.label()];
  const [forward, command] = [program.label(), program.label()];
  const mask = program.words([EVERY_SIGNAL]);
  program.call(SYS.rt_sigprocmask, [SIG_SETMASK, mask, 0, 8], { what: 'rt_sigprocmask' });
  program.call(SYS.signalfd4, [-1, mask, 8, O.cloexec], { what: 'signalfd', store: signals });
  program.call(SYS.prctl, [PR.setDumpable, 0, 0, 0, 0], { what: 'prctl DUMPABLE' });
  program.call(SYS.clone, [SIGNAL.chld], { what: 'fork the command', store: child, positive: collect });
  program.call(SYS.rt_sigprocmask, [SIG_SETMASK, program.words([0]), 0, 8], { what: 'rt_sigprocmask' });
  program.jump(command);
  program.place(loop);
  program.call(SYS.read, [at(signals), info, SIGINFO_SIZE], { failed: 'next' });
  program.jumpIfDifferent(at(info), SIGNAL.chld, forward);
  program.place(collect);
  program.call(SYS.wait4, [-1, status, WNOHANG, 0], { store: ended, failed: loop, positive: collected });
  program.jump(loop);
  program.place(collected);
  program.jumpIfDifferent(at(ended), at(child), collect);
  sendMessage(program, status);
  program.call(SYS.exit, [0]);
  program.place(forward);
  program.call(SYS.kill, [at(child), at(info)], { failed: 'next' });
  program.jump(loop);
  program.place(command);
}
