import type { Argv } from 'yargs';
import { LOCK_OPTIONS, type LockOption } from '../lock-option.ts';
import { flag, value } from '../option-kinds.ts';
import { type GlobalArguments, IMAGES, keepDash } from '../options.ts';

const QUIET = { quiet: flag('Print nothing but the result', 'q') } as const;

const REMOTE = { type: 'string', demandOption: true, describe: '[REGISTRY/]NAME[:TAG|@DIGEST]' } as const;

type Quiet = GlobalArguments & { quiet?: boolean | undefined };

/** Commands that bring images in and out. */
export const transferCommands = [
  {
    command: 'pull <image>',
    describe: 'Fetch an image from its registry',
    builder: (yargs: Argv) =>
      yargs.positional('image', REMOTE).options({
        ...QUIET,
        platform: value('e.g. linux/arm64'),
        ...LOCK_OPTIONS,
      }),
    handler: async (argv: Quiet & LockOption & { image: string; platform?: string }): Promise<number> =>
      (await import('../registry-actions.ts')).pullAction(argv),
  },
  {
    command: 'push <image>',
    describe: 'Send an image to the registry that its name says',
    builder: (yargs: Argv) => yargs.positional('image', REMOTE).options(QUIET),
    handler: async (argv: Quiet & { image: string }): Promise<number> =>
      (await import('../registry-actions.ts')).pushAction(argv),
  },
  {
    command: 'save <image..>',
    describe: 'Write images to an archive that `docker load` and OCI tools read',
    builder: (yargs: Argv) =>
      yargs.positional('image', IMAGES).options({
        output: { alias: 'o', type: 'string', requiresArg: true, default: '-', describe: 'File; - is standard output' },
        format: { choices: ['docker', 'oci'] as const, default: 'docker' as const, describe: 'Kind of archive' },
      }),
    handler: async (
      argv: GlobalArguments & { image: string[]; output: string; format: 'docker' | 'oci' },
    ): Promise<number> => (await import('../archive-actions.ts')).saveAction(argv),
  },
  {
    command: 'load',
    describe: 'Read images from an archive of `docker save`, or an OCI archive',
    builder: (yargs: Argv) =>
      yargs.options({
        ...QUIET,
        input: { alias: 'i', type: 'string', requiresArg: true, default: '-', describe: 'File; - is standard input' },
      }),
    handler: async (argv: Quiet & { input: string }): Promise<number> =>
      (await import('../archive-actions.ts')).loadAction(argv),
  },
  {
    command: 'import <source> [name]',
    describe: 'Make an image of one layer from a root filesystem: a directory or a tar',
    builder: (yargs: Argv) =>
      yargs
        .positional('source', {
          type: 'string',
          demandOption: true,
          describe: 'Directory, tar (also compressed), or - ',
          coerce: keepDash,
        })
        .positional('name', { type: 'string', describe: 'Name of the image' })
        .options(QUIET),
    handler: async (argv: Quiet & { source: string; name?: string }): Promise<number> =>
      (await import('../archive-actions.ts')).importAction(argv),
  },
];
