import type { Argv } from 'yargs';
import type { DebugArguments } from '../debug-action.ts';
import { value } from '../option-kinds.ts';
import { buildOptions } from './build.ts';

/** `tsbuild debug`. The options are those of a build; outputs count for nothing. */
export const debugCommand = {
  command: 'debug [context]',
  describe: 'Open a shell where an instruction of a build file would be executed',
  settings: 'build' as const,
  builder: (yargs: Argv) =>
    buildOptions(yargs).options({
      at: value('Line of the instruction, which is not executed; the stage is the one it is in'),
    }),
  handler: async (argv: DebugArguments): Promise<number> => (await import('../debug-action.ts')).debugAction(argv),
};
