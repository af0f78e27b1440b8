import { join } from 'node:path';
import { type Backend, chooseBackend, LAUNCHER } from '../../runner/index.ts';
import { configureLauncher } from '../../runner/syscall/index.ts';
import { openStore } from '../store/open.ts';
import type { Environment } from './namespace.ts';
import { value } from './option-kinds.ts';

export interface RuntimeOption {
  runtime?: string | undefined;
}

export const RUNTIME_OPTION = {
  runtime: value('What makes the sandboxes: launcher, crun, runc or a PATH [$TSBUILD_RUNTIME, launcher]'),
} as const;

/** What the command line asks for, else the environment. */
function runtimeOf({ runtime }: RuntimeOption, env: NodeJS.ProcessEnv): string {
  return runtime ?? (env.TSBUILD_RUNTIME || LAUNCHER.name);
}

/** To be called where builds work: inside of the user namespace. */
export async function backendOf(argv: RuntimeOption, { root }: Pick<Environment, 'root'>): Promise<Backend> {
  const name = runtimeOf(argv, process.env);
  if (name === LAUNCHER.name) return LAUNCHER;
  const { base } = (await openStore(root)).layout;
  configureLauncher({ directory: join(base, 'bin') });
  return chooseBackend(name, base);
}
