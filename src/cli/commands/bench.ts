import type { Argv } from 'yargs';
import type { BenchArguments } from '../bench-action.ts';
import { list, value } from '../option-kinds.ts';

/** What the cache saves. */
export const benchCommand = {
  command: 'bench <directory>',
  describe: 'Measure builds of a copy of a project: cold, after edits, with a remote cache',
  builder: (yargs: Argv) =>
    yargs
      .positional('directory', { type: 'string', demandOption: true, describe: 'The project: a build context' })
      .options({
        scenario: value('Scenarios, as YAML [derived from the build file]'),
        against: list('Other builders: docker,buildah,podman'),
        runs: value('Builds of each scenario [3; 1 from an empty store]'),
        remote: value('Where the cache of the scenario remote goes, HOST/NAME in a registry [a directory]'),
        json: value('Write all that was measured to a file; - is stdout'),
        html: value('Write a page with plots'),
        file: value('The build file, relative to the project', 'f'),
        target: value('The stage to build'),
      }),
  handler: async (argv: BenchArguments): Promise<number> => (await import('../bench-action.ts')).benchAction(argv),
};
