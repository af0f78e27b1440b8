import type { Argv } from 'yargs';
import { flag } from '../option-kinds.ts';

export const versionCommand = {
  command: 'version',
  describe: 'Show the version of tsbuild and of Node',
  builder: (yargs: Argv) => yargs.options({ json: flag('As JSON') }),
  handler: async (argv: { json?: boolean | undefined }): Promise<number> =>
    (await import('../version-action.ts')).versionAction(argv),
};
