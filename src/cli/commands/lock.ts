import type { Argv } from 'yargs';
import type { LockArguments } from '../lock-action.ts';
import { LOCK_OPTIONS } from '../lock-option.ts';
import { flag, list } from '../option-kinds.ts';

/** `tsbuild lock`, for a build file or with `--bake` for the targets of bake files. */
export const lockCommand = {
  command: 'lock [targets..]',
  describe: 'Write down which images a build file means now, for --locked',
  settings: 'build' as const,
  builder: (yargs: Argv) =>
    yargs
      .positional('targets', {
        type: 'string',
        array: true,
        describe: 'Directory of the build [.]; with --bake, targets and groups',
      })
      .options({
        bake: flag('Read bake files'),
        file: list('Build file [PATH/Dockerfile], or bake files', 'f'),
        'build-arg': list('Value of an ARG, NAME=VALUE, or NAME from the environment'),
        'build-context': list('Files or image by a name: NAME=PATH, a URL, or docker-image://…'),
        platform: list('What the image is for: OS/ARCH[/VARIANT], or several with commas'),
        set: list('Change targets of a bake: TARGET.KEY=VALUE'),
        var: list('Value of a variable of a bake, NAME=VALUE'),
        pull: flag('Ask the registry also for images that are here'),
        offline: flag('Ask no registry: images are what they are in the store'),
        'lock-file': LOCK_OPTIONS['lock-file'],
      }),
  handler: async (argv: LockArguments): Promise<number> => (await import('../lock-action.ts')).lockAction(argv),
};
