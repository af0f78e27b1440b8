import type { Duplex } from 'node:stream';
import { contain, type Join } from './contain.ts';
import {
  follow,
  ignoreEnd,
  type Listeners,
  planOf,
  type Reports,
  type RunningContainer,
  type SandboxIo,
  sendSignal,
  stdioOf,
} from './follow.ts';
import { commandExit, setupError } from './outcome.ts';
import { execProgram } from './setup/exec-program.ts';
import { TAG } from './setup/messages.ts';
import { sandboxProgram } from './setup/program.ts';
import type { WindowSize } from './setup/terminal.ts';
import type { ExecSpec, SandboxExit, SandboxSpec } from './spec.ts';
import type { Program } from './syscall/program.ts';
import { type Launcher, startLauncher } from './syscall/run.ts';

/**
 * Runs a command in a sandbox and waits until all its processes are gone. Whatever the command does is a result;
 * what kept us from starting it is thrown, except for a command that does not exist or may not be executed.
 */
export function runSandbox(spec: SandboxSpec, io: SandboxIo): Promise<SandboxExit> {
  const program = sandboxProgram(spec, planOf(io));
  return contain(spec, io, {
    program,
    listen: (launcher, join) => listenersOf(launcher, io, join),
    resultOf: (reports) => resultOf(reports, program, spec.args[0] ?? ''),
  });
}

async function execInContainer(container: number, spec: ExecSpec, io: SandboxIo, join: Join): Promise<SandboxExit> {
  const program = execProgram(container, spec, planOf(io));
  const launcher = await startLauncher(program, stdioOf(io), { beforeStart: join, sealed: true });
  return resultOf(await follow(launcher, io, listenersOf(launcher, io, join)), program, spec.args[0] ?? '');
}

function listenersOf(launcher: Launcher, { onStart }: SandboxIo, join: Join): Listeners {
  return { onReady: (pid) => onStart && announce(launcher, pid, onStart, join) };
}

function announce(launcher: Launcher, pid: number, onStart: (container: RunningContainer) => void, join: Join): void {
  const { stdin, stderr: sizes } = launcher.child;
  stdin?.on('error', ignoreEnd);
  onStart({
    pid,
    kill: (signal) => sendSignal(launcher, signal),
    stdin: stdin ?? undefined,
    resize: (size) => (sizes as Duplex | null)?.write(sizeWord(size)),
    exec: (spec, io) => execInContainer(pid, spec, io, join),
  });
}

/** `struct winsize`. */
function sizeWord({ rows, columns }: WindowSize): Buffer {
  const word = Buffer.alloc(8);
  word.writeUInt16LE(rows, 0);
  word.writeUInt16LE(columns, 2);
  return word;
}

function resultOf(reports: Reports, program: Program, command: string): SandboxExit {
  if (reports.failure !== undefined) throw setupError(reports.failure, program);
  const status = reports.values.get(TAG.commandStatus) ?? reports.values.get(TAG.status);
  // Without a status the launcher itself was killed, and the container with it.
  if (status === undefined) return { signal: 'SIGKILL' };
  const attempts = reports.values.has(TAG.gaveUp) ? reports.attempts : undefined;
  return commandExit(Number(BigInt.asUintN(32, status)), command, attempts);
}
