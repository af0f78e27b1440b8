import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { toBytePath } from '../../src/base/bytepath.ts';
import { setupError } from '../outcome.ts';
import { closeOnExec } from '../setup/descriptors.ts';
import { MessageReader } from '../setup/messages.ts';
import { startOuter } from '../setup/processes.ts';
import { SYS } from '../syscall/numbers.ts';
import { AREA, Program } from '../syscall/program.ts';
import { type Launcher, startLauncher } from '../syscall/run.ts';
import type { IdMapping } from './idmap.ts';
import { addUserNamespace, giveIds } from './namespace.ts';

export interface EnterOptions {
  /** The arguments of Node: its own options, the script, the script's arguments. */
  argv: readonly string[];
  env: Readonly<Record<string, string | undefined>>;
  /** Called with how the ids are mapped, before the program starts. */
  onMapped?: ((mapping: IdMapping) => void) | undefined;
}

const FORWARDED = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/**
 * Runs Node again as root of a new user namespace with a mount namespace of its own, on our standard streams, and
 * waits for it; it dies with us. Returns its exit code; 128 and the number of the signal that ended it.
 */
export async function enterUserNamespace(options: EnterOptions): Promise<number> {
  const program = new Program();
  startOuter(program);
  addUserNamespace(program);
  becomeNode(program, options);
  const launcher = await startLauncher(program, ['inherit', 'inherit', 'inherit']);
  const stopForwarding = forwardSignals(launcher);
  try {
    await answer(launcher, program, options.onMapped);
    const [code, signal] = await launcher.ended;
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    stopForwarding();
  }
}

function becomeNode(program: Program, { argv, env }: EnterOptions): void {
  const node = toBytePath(process.execPath);
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  closeOnExec(program);
  const vectors = [program.strings([node, ...argv.map(toBytePath)]), program.strings(variables.map(toBytePath))];
  program.call(SYS.execve, [program.string(node), ...vectors], { what: `execute ${process.execPath}` });
}

/** Answers until the launcher has become Node. */
async function answer(launcher: Launcher, program: Program, onMapped: EnterOptions['onMapped']): Promise<void> {
  const reader = new MessageReader();
  for await (const chunk of launcher.reports) {
    for (const message of reader.read(chunk as Buffer)) {
      if (message.tag >= AREA) throw setupError(message, program);
      // Not inside of the call below: an optional call that is not made does not evaluate its arguments.
      const mapping = await giveIds(launcher);
      onMapped?.(mapping);
    }
  }
}

/** What a terminal sends goes to its whole foreground group, the inner process included, and is not sent twice. */
function forwardSignals(launcher: Launcher): () => void {
  const forward = (signal: NodeJS.Signals) => {
    if (signal !== 'SIGINT' || !isatty(0)) launcher.child.kill(signal);
  };
  for (const signal of FORWARDED) process.on(signal, forward);
  return () => {
    for (const signal of FORWARDED) process.off(signal, forward);
  };
}
