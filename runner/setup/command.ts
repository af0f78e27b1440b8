import { toBytePath } from '../../src/base/bytepath.ts';
import { TsbuildError } from '../../src/base/error.ts';
import type { SandboxSpec } from '../spec.ts';
import { SYS } from '../syscall/numbers.ts';
import type { Program } from '../syscall/program.ts';
import { putMessage, sendMessage, TAG } from './messages.ts';

/** The PATH of an image that sets none, as in Docker. */
const DEFAULT_PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function enterWorkingDirectory(program: Program, cwd: string): void {
  program.call(SYS.chdir, [program.string(toBytePath(cwd))], { what: `chdir to ${cwd}` });
}

/** Becomes the command: the first file along the PATH that the kernel executes. Every failed attempt is reported. */
export function executeCommand(program: Program, spec: Pick<SandboxSpec, 'args' | 'env'>): void {
  const [name] = spec.args;
  if (name === undefined || name === '') throw new TsbuildError('INVALID', 'no command to run');
  const env = environmentOf(spec);
  const argv = program.strings(spec.args.map(toBytePath));
  const envp = program.strings(env.map(toBytePath));
  for (const path of candidatesOf(name, env)) {
    const attempt = putMessage(program, TAG.attempt);
    program.call(SYS.execve, [program.string(toBytePath(path)), argv, envp], { store: attempt, failed: 'next' });
    sendMessage(program, attempt);
  }
  sendMessage(program, putMessage(program, TAG.gaveUp));
  program.call(SYS.exit, [1]);
}

/** Does nothing until it is killed: for whoever wants the container's root and no command. */
export function idle(program: Program): void {
  const again = program.label();
  program.place(again);
  program.call(SYS.ppoll, [0, 0, 0, 0], { failed: 'next' });
  program.jump(again);
}

export function environmentOf({ env }: Pick<SandboxSpec, 'env'>): readonly string[] {
  if (Array.isArray(env)) return env as readonly string[];
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}

function candidatesOf(name: string, env: readonly string[]): string[] {
  if (name.includes('/')) return [name];
  const path = env.findLast((variable) => variable.startsWith('PATH='))?.slice('PATH='.length) ?? DEFAULT_PATH;
  return path.split(':').map((directory) => `${directory === '' ? '.' : directory}/${name}`);
}
