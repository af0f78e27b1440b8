import type { ExecSpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import { at, Program } from '../syscall/program.ts';
import { enterWorkingDirectory, executeCommand } from './command.ts';
import { closeOthers } from './descriptors.ts';
import { CLONE } from './flags.ts';
import { putMessage, sendMessage, TAG } from './messages.ts';
import { dropPrivileges, setLimits } from './privileges.ts';
import { dieWithParent, divideEntered, startOuter } from './processes.ts';
import { connectStreams, openPipes, type StreamPlan } from './streams.ts';
import { openOtherTerminal } from './terminal.ts';

/**
 * The program that enters a container, by its first process, and runs a command there with the rights of the
 * container. It ends with the container: the kernel kills all that is in its process namespace.
 */
export function execProgram(container: number, spec: ExecSpec, plan: StreamPlan): Program {
  const program = new Program();
  const pidfd = program.reserve(8);
  startOuter(program);
  program.call(SYS.pidfd_open, [container, 0], { what: 'find the container', store: pidfd });
  const namespaces = CLONE.newns | CLONE.newuts | CLONE.newipc | (spec.ownNetwork ? CLONE.newnet : 0);
  program.call(SYS.setns, [at(pidfd), namespaces], { what: 'enter the container' });
  program.call(SYS.setns, [at(pidfd), CLONE.newcgroup], { failed: 'next' });
  // What copies a terminal's streams stays outside of the container's process namespace.
  const { terminal } = plan;
  const streams =
    terminal === undefined ? openPipes(program, plan) : { terminal: openOtherTerminal(program, terminal) };
  program.call(SYS.setns, [at(pidfd), CLONE.newpid], { what: "enter the container's processes" });
  divideEntered(program, streams.terminal?.pump);
  dieWithParent(program);
  program.call(SYS.setsid, [], { what: 'setsid' });
  setLimits(program, spec.ulimits ?? []);
  connectStreams(program, streams, spec.user);
  closeOthers(program);
  enterWorkingDirectory(program, spec.cwd);
  dropPrivileges(program, spec);
  // A change of user has cleared it.
  dieWithParent(program);
  sendMessage(program, putMessage(program, TAG.ready));
  executeCommand(program, spec);
  return program;
}
