import type { Argv } from 'yargs';
import type { BuildsArguments } from '../builds-action.ts';
import { flag } from '../option-kinds.ts';

/** What was built. */
export const buildsCommand = {
  command: 'builds <action> [id..]',
  describe: 'Look back at builds: ls, logs, rm',
  builder: (yargs: Argv) =>
    yargs
      .positional('action', { choices: ['ls', 'logs', 'rm'] as const, demandOption: true })
      .positional('id', {
        type: 'string',
        array: true,
        default: undefined,
        describe: 'A build, by the beginning or the end of its ID; for logs the last one by default',
      })
      .options({
        quiet: flag('ls: IDs alone', 'q'),
        all: flag('rm: all builds', 'a'),
        json: flag('As JSON'),
      }),
  handler: async (argv: BuildsArguments): Promise<number> => (await import('../builds-action.ts')).buildsAction(argv),
};
