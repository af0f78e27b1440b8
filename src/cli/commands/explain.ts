import type { Argv } from 'yargs';
import type { BuildArguments } from '../build-options.ts';
import { flag } from '../option-kinds.ts';
import { buildOptions } from './build.ts';

/** `tsbuild explain`: the options are those of a build, which it says how it would go. */
export const explainCommand = {
  command: 'explain [context]',
  describe: 'Say why each step of a build would be executed, or not',
  settings: 'build' as const,
  builder: (yargs: Argv) => buildOptions(yargs).options({ json: flag('As JSON') }),
  handler: async (argv: BuildArguments & { json?: boolean }): Promise<number> =>
    (await import('../explain-action.ts')).explainAction(argv),
};
