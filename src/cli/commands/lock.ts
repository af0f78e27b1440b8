import type { Argv } from 'yargs';
import type { LockArguments } from '../lock-action.ts';
import { LOCK_OPTIONS } from '../lock-option.ts';

const TEXTS = { type: 'string', array: true, requiresArg: true } as const;

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
        bake: { type: 'boolean', describe: 'Read bake files' },
        file: { ...TEXTS, alias: 'f', describe: 'Build file [PATH/Dockerfile], or bake files' },
        'build-arg': { ...TEXTS, describe: 'Value of an ARG, NAME=VALUE, or NAME from the environment' },
        'build-context': { ...TEXTS, describe: 'Files or image by a name: NAME=PATH, a URL, or docker-image://…' },
        platform: { ...TEXTS, describe: 'What the image is for: OS/ARCH[/VARIANT], or several with commas' },
        set: { ...TEXTS, describe: 'Change targets of a bake: TARGET.KEY=VALUE' },
        var: { ...TEXTS, describe: 'Value of a variable of a bake, NAME=VALUE' },
        pull: { type: 'boolean', describe: 'Ask the registry also for images that are here' },
        offline: { type: 'boolean', describe: 'Ask no registry: images are what they are in the store' },
        'lock-file': LOCK_OPTIONS['lock-file'],
      }),
  handler: async (argv: LockArguments): Promise<number> => (await import('../lock-action.ts')).lockAction(argv),
};
