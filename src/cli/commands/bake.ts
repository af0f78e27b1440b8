import type { Argv } from 'yargs';
import type { BakeArguments } from '../bake-options.ts';
import { LOCK_OPTIONS } from '../lock-option.ts';
import { ON_ERROR_OPTION } from '../on-error.ts';
import { RUNTIME_OPTION } from '../runtime-option.ts';

const PROGRESS = ['auto', 'tty', 'plain', 'quiet', 'rawjson'] as const;

/** Which targets of which files are meant. */
export const SELECTION_OPTIONS = {
  file: {
    alias: 'f',
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Bake file or compose file [docker-bake.hcl, docker-bake.json, compose.yaml …]; - is stdin',
  },
  set: {
    type: 'string',
    array: true,
    requiresArg: true,
    describe: 'Change targets: TARGET.KEY=VALUE, with patterns; += adds to a list',
  },
  var: { type: 'string', array: true, requiresArg: true, describe: 'Value of a variable, NAME=VALUE' },
} as const;

/** What files are compared with. */
export const SINCE_OPTIONS = {
  since: { type: 'string', requiresArg: true, describe: 'Git commit, branch or tag to compare the work tree with' },
  'merge-base': { type: 'boolean', describe: 'Compare with where that and HEAD parted' },
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
        affected: { type: 'boolean', describe: 'Build only the targets that --since finds to have changed' },
        ...SINCE_OPTIONS,
        print: { type: 'boolean', describe: 'Print the targets as JSON, and build nothing' },
        list: { type: 'string', requiresArg: true, describe: 'List targets or variables [,format=json]' },
        push: { type: 'boolean', describe: 'Push the images' },
        load: { type: 'boolean', describe: 'Put the images into the store, as is the default' },
        'no-cache': { type: 'boolean', describe: 'Run every step; results are still cached' },
        pull: { type: 'boolean', describe: 'Ask the registries for newer base images' },
        call: { type: 'string', requiresArg: true, describe: 'What to do with each target [build]' },
        check: { type: 'boolean', describe: 'Short for --call=check' },
        provenance: { type: 'string', describe: 'Short for --set *.attest=type=provenance,…' },
        sbom: { type: 'string', describe: 'Short for --set *.attest=type=sbom,…' },
        allow: {
          type: 'string',
          array: true,
          requiresArg: true,
          describe: 'Grant what targets ask for: network.host, security.insecure',
        },
        offline: { type: 'boolean', describe: 'Ask no registry: base images and caches come from the store' },
        ...LOCK_OPTIONS,
        ...RUNTIME_OPTION,
        ...ON_ERROR_OPTION,
        jobs: {
          alias: 'j',
          type: 'string',
          requiresArg: true,
          describe: 'Steps that run at once [number of processors]',
        },
        progress: { choices: PROGRESS, default: 'auto' as const, requiresArg: true, describe: 'How progress is shown' },
        'metadata-file': {
          type: 'string',
          requiresArg: true,
          describe: 'Write digests and names, by target, to a JSON file',
        },
      })
      .example('$0 bake', 'build the group or target named default')
      .implies('affected', 'since')
      .implies('since', 'affected')
      .example('$0 bake --print app', 'show what building app means')
      .example('$0 bake --affected --since origin/main', 'build what a branch changes'),
  handler: async (argv: BakeArguments): Promise<number> => (await import('../bake-action.ts')).bakeAction(argv),
};
