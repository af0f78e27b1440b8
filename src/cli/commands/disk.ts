import type { Argv } from 'yargs';
import { flag, value } from '../option-kinds.ts';
import type { GlobalArguments } from '../options.ts';

/** Commands about the space that the store takes. */
export const diskCommands = [
  {
    command: 'du',
    describe: 'Show what takes space in the store',
    builder: (yargs: Argv) => yargs.options({ json: flag('As JSON') }),
    handler: async (argv: GlobalArguments & { json?: boolean }): Promise<number> =>
      (await import('../disk-actions.ts')).duAction(argv),
  },
  {
    command: 'prune',
    describe: 'Delete cache and blobs that no image needs',
    builder: (yargs: Argv) =>
      yargs.options({
        all: flag('The whole cache goes; only images with a name stay', 'a'),
        'keep-for': value('Keep what was used within this time, e.g. 48h, 7d'),
        'dry-run': flag('Say what would go, and delete nothing'),
        json: flag('As JSON'),
      }),
    handler: async (
      argv: GlobalArguments & { all?: boolean; keepFor?: string; dryRun?: boolean; json?: boolean },
    ): Promise<number> => (await import('../disk-actions.ts')).pruneAction(argv),
  },
];
