import type { Argv } from 'yargs';
import type { ConfigArguments } from '../config-action.ts';
import { flag } from '../option-kinds.ts';

/** What the files of settings come to. */
export const configCommand = {
  command: 'config',
  describe: 'Show the settings that hold here, and which file or variable each is from',
  builder: (yargs: Argv) => yargs.options({ json: flag('As JSON, one document') }),
  handler: async (argv: ConfigArguments): Promise<number> => (await import('../config-action.ts')).configAction(argv),
};
