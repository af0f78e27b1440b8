import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { toBytePath } from '../../src/base/bytepath.ts';
import { setupError } from '../outcome.ts';
import { closeOnExec } from '../setup/descriptors.ts';
import { CLONE } from '../setup/flags.ts';
import { MessageReader, putMessage, sendMessage, TAG } from '../setup/messages.ts';
import { dieWithParent, startOuter } from '../setup/processes.ts';
import { SYS } from '../syscall/numbers.ts';
import { AREA, Program } from '../syscall/program.ts';
import { type Launcher, startLauncher } from '../syscall/run.ts';
import { type IdMapping, writeIdMaps } from './idmap.ts';

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
    await answerIdRequest(launcher, program, options.onMapped);
    const [code, signal] = await launcher.ended;
    return code ?? 128 + (signal === null ? 0 : constants.signals[signal]);
  } finally {
    stopForwarding();
  }
}

/** Enters a new user namespace with its own mounts, and goes on as its root once we have given it ids. */
function addUserNamespace(program: Program): void {
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

function becomeNode(program: Program, { argv, env }: EnterOptions): void {
  const node = toBytePath(process.execPath);
  const variables = Object.entries(env).flatMap(([name, value]) => (value === undefined ? [] : [`${name}=${value}`]));
  closeOnExec(program);
  const vectors = [program.strings([node, ...argv.map(toBytePath)]), program.strings(variables.map(toBytePath))];
  program.call(SYS.execve, [program.string(node), ...vectors], { what: `execute ${process.execPath}` });
}

/** Maps ids when the launcher has made the namespace; returns when it has become Node. */
async function answerIdRequest(
  launcher: Launcher,
  program: Program,
  onMapped: EnterOptions['onMapped'],
): Promise<void> {
  const reader = new MessageReader();
  for await (const chunk of launcher.reports) {
    for (const message of reader.read(chunk as Buffer)) {
      if (message.tag >= AREA) throw setupError(message, program);
      const mapping = await mapIds(launcher);
      onMapped?.(mapping);
      launcher.control.write(Buffer.alloc(8));
    }
  }
}

async function mapIds(launcher: Launcher): Promise<IdMapping> {
  try {
    return await writeIdMaps(launcher.pid);
  } catch (error) {
    launcher.child.kill('SIGKILL');
    throw error;
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
