import { MessageReader, TAG } from '../setup/messages.ts';
import { startOuter } from '../setup/processes.ts';
import { addSandbox } from '../setup/program.ts';
import { systemError } from '../syscall/errno.ts';
import { Program } from '../syscall/program.ts';
import { failureOf, isFailure, type Launcher, startLauncher } from '../syscall/run.ts';
import { needsUserNamespace } from '../userns/identity.ts';
import type { IdMapping } from '../userns/idmap.ts';
import { addUserNamespace, giveIds } from '../userns/namespace.ts';
import { Specimen } from './specimen.ts';
import { stageNames, stageOf } from './stages.ts';

/** One thing a sandbox needs, tried on this machine. What follows a failure has not been tried and is not listed. */
export interface Probe {
  name: string;
  ok: boolean;
  /** An overlay that is refused, for which a copy of the root stands in: steps work, containers do not. */
  copied?: true | undefined;
  /** `EPERM` */
  errno?: string | undefined;
  /** What was done when it failed; how the ids are mapped. */
  detail?: string | undefined;
}

/**
 * Tries everything that a sandbox does, by making one: an overlay on the file system of the store, a proc, a root,
 * and a program in it. In the user namespace that this process would have to enter, if it needs one. Where nothing but
 * the overlay is refused, the same is tried with a copy of the root.
 * @param storeDirectory exists and is ours to write
 */
export async function probe(storeDirectory: string): Promise<Probe[]> {
  const probes = await probeRoot(storeDirectory, { copied: false });
  const refused = probes.at(-1);
  if (refused?.name !== 'overlay' || refused.ok) return probes;
  const others = await probeRoot(storeDirectory, { copied: true });
  if (others.at(-1)?.name === 'overlay') return probes;
  return others.map((other) => (other.name === 'overlay' ? { ...refused, ok: true, copied: true } : other));
}

async function probeRoot(storeDirectory: string, { copied }: { copied: boolean }): Promise<Probe[]> {
  const own = needsUserNamespace();
  const specimen = new Specimen(storeDirectory, own, copied);
  try {
    const program = new Program();
    startOuter(program);
    if (own) addUserNamespace(program);
    addSandbox(program, specimen.spec, { stdin: false, stdout: false, stderr: false });
    return await tryOut(program, own);
  } finally {
    specimen.remove();
  }
}

async function tryOut(program: Program, own: boolean): Promise<Probe[]> {
  const launcher = await startLauncher(program, ['ignore', 'ignore', 'ignore'], { sealed: true });
  const found = await listen(launcher, program, own);
  await launcher.ended;
  const names = stageNames(own);
  const failed = found.failure === undefined ? names.length : names.indexOf(stageOf(found.failure.syscall ?? ''));
  const passed = names
    .slice(0, failed)
    .map((name): Probe => ({ name, ok: true, detail: detailOf(name, found.mapping) }));
  const { failure } = found;
  if (failure === undefined) return passed;
  return [...passed, { name: names[failed] ?? '', ok: false, errno: failure.code, detail: failure.syscall }];
}

interface Found {
  failure?: NodeJS.ErrnoException;
  mapping?: IdMapping;
}

async function listen(launcher: Launcher, program: Program, own: boolean): Promise<Found> {
  const found: Found = {};
  const reader = new MessageReader();
  // The supervisor waits for one word before it ends.
  if (!own) launcher.control.write(Buffer.alloc(8));
  for await (const chunk of launcher.reports) {
    for (const message of reader.read(chunk as Buffer)) {
      if (isFailure(message.tag)) found.failure ??= failureOf(program, message.tag, message.value);
      if (message.tag === TAG.attempt) found.failure ??= systemError('start a program', -Number(message.value));
      if (message.tag !== TAG.unshared) continue;
      found.mapping = await giveIds(launcher);
      launcher.control.write(Buffer.alloc(8));
    }
  }
  return found;
}

function detailOf(name: string, mapping: IdMapping | undefined): string | undefined {
  if (name !== 'user namespace' || mapping === undefined) return undefined;
  return mapping.kind === 'single' ? `a single id: ${mapping.reason}` : 'a range of ids';
}
