import { constants } from 'node:os';
import { TsbuildError } from '../../src/base/error.ts';
import { contain } from '../contain.ts';
import { planOf, type Reports, type SandboxIo } from '../follow.ts';
import { commandExit, setupError } from '../outcome.ts';
import { TAG } from '../setup/messages.ts';
import type { SandboxExit, SandboxSpec } from '../spec.ts';
import type { Program } from '../syscall/program.ts';
import { cellProgram } from './cell.ts';
import type { OciRuntime } from './runtime.ts';

/**
 * Does what `runSandbox` does with an OCI runtime. SANDBOX where that makes no container, with what it said, and for
 * what needs the launcher: terminals, input, and containers that are spoken to while they run.
 */
export function runWithRuntime(runtime: OciRuntime, spec: SandboxSpec, io: SandboxIo): Promise<SandboxExit> {
  requireStep(runtime, spec, io);
  const program = cellProgram(spec, planOf(io), runtime);
  let log = '';
  const onLog = (chunk: Buffer) => {
    log += chunk;
  };
  return contain(spec, io, {
    program,
    listen: () => ({ onLog }),
    resultOf: (reports) => resultOf(reports, { program, runtime, log, command: spec.args[0] ?? '' }),
  });
}

function requireStep({ name }: OciRuntime, spec: SandboxSpec, io: SandboxIo): void {
  const { terminal, stdin = 'null', onStart } = io;
  const isPlain = terminal === undefined && stdin === 'null' && onStart === undefined;
  if (isPlain && spec.init !== true && spec.idle !== true) return;
  throw new TsbuildError('SANDBOX', `${name} runs steps of builds, and not containers`, {
    hint: 'leave the runtime out: the launcher runs containers',
  });
}

interface Ran {
  program: Program;
  runtime: OciRuntime;
  log: string;
  command: string;
}

function resultOf({ failure, values }: Reports, { program, runtime, log, command }: Ran): SandboxExit {
  if (failure !== undefined) throw setupError(failure, program);
  if (values.has(TAG.runtimeFailed)) return notMade(runtime, log, command);
  const status = values.get(TAG.commandStatus);
  // Without a status the cell was killed, and the container with it.
  return status === undefined ? { signal: 'SIGKILL' } : commandExit(statusOf(status), command, undefined);
}

function statusOf(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

/** What runtimes say of a command that they cannot execute. */
const COMMAND_ERRORS: readonly [pattern: RegExp, errno: number][] = [
  [
    /(executable file|open executable|stat|exec).*(not found in \$PATH|no such file or directory)/i,
    constants.errno.ENOENT,
  ],
  [/(executable file|open executable|stat|exec).*permission denied/i, constants.errno.EACCES],
];

function notMade(runtime: OciRuntime, log: string, command: string): SandboxExit {
  const said = lastError(log);
  const errno = COMMAND_ERRORS.find(([pattern]) => pattern.test(said))?.[1];
  if (errno !== undefined) return commandExit(0, command, [errno]);
  throw new TsbuildError('SANDBOX', `${runtime.path} made no container: ${said || 'it did not say why'}`, {
    hint: '`tsbuild doctor` tries the runtimes of this machine; without --runtime the launcher is used',
  });
}

/** The log is lines of JSON with a message each; the last says most. */
function lastError(log: string): string {
  const messages = log.split('\n').flatMap((line) => {
    try {
      return [String((JSON.parse(line) as { msg?: unknown }).msg ?? '')];
    } catch {
      return line === '' ? [] : [line];
    }
  });
  return messages.at(-1)?.trim() ?? '';
}
