import { CLONE } from '../setup/flags.ts';
import { putMessage, sendMessage, TAG } from '../setup/messages.ts';
import { dieWithParent } from '../setup/processes.ts';
import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import type { Launcher } from '../syscall/run.ts';
import { type IdMapping, writeIdMaps } from './idmap.ts';

/** Enters a new user namespace with its own mounts, asks for ids (`TAG.unshared`) and goes on as its root. */
export function addUserNamespace(program: Program): void {
  const mapped = program.label();
  const word = program.reserve(8);
  program.call(SYS.unshare, [CLONE.newuser | CLONE.newns], { what: 'unshare the user namespace' });
  sendMessage(program, putMessage(program, TAG.unshared));
  program.call(SYS.read, [3, word, 8], { failed: 'next', positive: mapped });
  program.call(SYS.exit, [1]);
  program.place(mapped);
  program.call(SYS.setresgid, [0, 0, 0], { what: 'set group 0' });
  // EPERM: a single group was mapped, and setgroups given up for it.
  program.call(SYS.setgroups, [0, 0], { what: 'setgroups', failed: 'next', expected: 'EPERM' });
  program.call(SYS.setresuid, [0, 0, 0], { what: 'set user 0' });
  dieWithParent(program);
}

/** Answers a process that has asked for ids. */
export async function giveIds(launcher: Launcher): Promise<IdMapping> {
  try {
    const mapping = await writeIdMaps(launcher.pid);
    launcher.control.write(Buffer.alloc(8));
    return mapping;
  } catch (error) {
    launcher.child.kill('SIGKILL');
    throw error;
  }
}
