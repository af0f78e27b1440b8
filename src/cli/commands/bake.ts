import type { Argv } from 'yargs';
import type { BakeArguments } from '../bake-options.ts';
import { EXECUTION_OPTIONS } from '../execution-options.ts';
import { ON_ERROR_OPTION } from '../on-error.ts';
import { flag, list, value } from '../option-kinds.ts';

/** Which targets of which files are meant. */
export const SELECTION_OPTIONS = {
  file: list('Bake file or compose file [docker-bake.hcl, docker-bake.json, compose.yaml …]; - is stdin', 'f'),
  set: list('Change targets: TARGET.KEY=VALUE, with patterns; += adds to a list'),
  var: list('Value of a variable, NAME=VALUE'),
} as const;

/** What files are compared with. */
export const SINCE_OPTIONS = {
  since: value('Git commit, branch or tag to compare the work tree with'),
  'merge-base': flag('Compare with where that and HEAD parted'),
} as const;

export const TARGETS = {
  type: 'string',
  array: true,
  describe: 'Targets, groups, or patterns of them [default]',
} as const;

/** `tsbuild bake`. The options are those of `docker buildx bake`. */
export const bakeCommand = {
  command: 'bake [targets..]',
  describe: 'Build the targets of bake files and compose files, in one graph',
  settings: 'bake' as const,
  builder: (yargs: Argv) =>
    yargs
      .positional('targets', TARGETS)
      .options({
        ...SELECTION_OPTIONS,
        affected: flag('Build only the targets that --since finds to have changed'),
        ...SINCE_OPTIONS,
        print: flag('Print the targets as JSON, and build nothing'),
        list: value('List targets or variables [,format=json]'),
        push: flag('Push the images'),
        load: flag('Put the images into the store, as is the default'),
        pull: flag('Ask the registries for newer base images'),
        call: value('What to do with each target [build]'),
        check: flag('Short for --call=check'),
        provenance: { type: 'string', describe: 'Short for --set *.attest=type=provenance,…' },
        sbom: { type: 'string', describe: 'Short for --set *.attest=type=sbom,…' },
        ...EXECUTION_OPTIONS,
        ...ON_ERROR_OPTION,
        'metadata-file': value('Write digests and names, by target, to a JSON file'),
      })
      .example('$0 bake', 'build the group or target named default')
      .implies('affected', 'since')
      .implies('since', 'affected')
      .example('$0 bake --print app', 'show what building app means')
      .example('$0 bake --affected --since origin/main', 'build what a branch changes'),
  handler: async (argv: BakeArguments): Promise<number> => (await import('../bake-action.ts')).bakeAction(argv),
};
