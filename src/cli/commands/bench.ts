import type { Argv } from 'yargs';
import type { BenchArguments } from '../bench-action.ts';

/** What the cache saves. */
export const benchCommand = {
  command: 'bench <directory>',
  describe: 'Measure builds of a copy of a project: cold, after edits, with a remote cache',
  builder: (yargs: Argv) =>
    yargs
      .positional('directory', { type: 'string', demandOption: true, describe: 'The project: a build context' })
      .options({
        scenario: { type: 'string', requiresArg: true, describe: 'Scenarios, as YAML [derived from the build file]' },
        against: { type: 'string', array: true, requiresArg: true, describe: 'Other builders: docker,buildah,podman' },
        runs: { type: 'string', requiresArg: true, describe: 'Builds of each scenario [3; 1 from an empty store]' },
        remote: {
          type: 'string',
          requiresArg: true,
          describe: 'Where the cache of the scenario remote goes, HOST/NAME in a registry [a directory]',
        },
        json: { type: 'string', requiresArg: true, describe: 'Write all that was measured to a file; - is stdout' },
        html: { type: 'string', requiresArg: true, describe: 'Write a page with plots' },
        file: { alias: 'f', type: 'string', requiresArg: true, describe: 'The build file, relative to the project' },
        target: { type: 'string', requiresArg: true, describe: 'The stage to build' },
      }),
  handler: async (argv: BenchArguments): Promise<number> => (await import('../bench-action.ts')).benchAction(argv),
};
