import type { Argv } from 'yargs';
import type { InspectArguments } from '../inspect-action.ts';
import { flag, value } from '../option-kinds.ts';
import { type GlobalArguments, IMAGE, IMAGES } from '../options.ts';

const JSON_OPTION = { json: flag('As JSON, one document') } as const;

type WithJson = GlobalArguments & { json?: boolean | undefined };

/** Commands that look at the images of the store, and name them. */
export const imageCommands = [
  {
    command: ['images', 'ls'],
    describe: 'List the images',
    builder: (yargs: Argv) => yargs.options({ ...JSON_OPTION, quiet: flag('IDs alone', 'q') }),
    handler: async (argv: WithJson & { quiet?: boolean }): Promise<number> =>
      (await import('../image-actions.ts')).listImages(argv),
  },
  {
    command: 'inspect <name..>',
    describe: 'Show containers and images as JSON',
    builder: (yargs: Argv) =>
      yargs.positional('name', { ...IMAGES, describe: 'Name or ID of a container or an image' }).options({
        format: value('A text with {{.Id}} and the like', 'f'),
        type: { choices: ['container', 'image'] as const, describe: 'Only such' },
      }),
    handler: async (argv: InspectArguments): Promise<number> =>
      (await import('../inspect-action.ts')).inspectAction(argv),
  },
  {
    command: 'history <image>',
    describe: 'Show the steps an image was made by',
    builder: (yargs: Argv) =>
      yargs.positional('image', IMAGE).options({ ...JSON_OPTION, 'no-trunc': flag('Do not shorten the lines') }),
    handler: async (argv: WithJson & { image: string; noTrunc?: boolean }): Promise<number> =>
      (await import('../image-actions.ts')).showHistory(argv),
  },
  {
    command: 'tag <source> <target>',
    describe: 'Give an image another name',
    builder: (yargs: Argv) =>
      yargs
        .positional('source', IMAGE)
        .positional('target', { type: 'string', demandOption: true, describe: 'NAME[:TAG]' }),
    handler: async (argv: GlobalArguments & { source: string; target: string }): Promise<number> =>
      (await import('../image-actions.ts')).tagImage(argv),
  },
  {
    command: 'rmi <image..>',
    describe: 'Remove names, and the images that have no other',
    builder: (yargs: Argv) => yargs.positional('image', IMAGES),
    handler: async (argv: GlobalArguments & { image: string[] }): Promise<number> =>
      (await import('../image-actions.ts')).removeImages(argv),
  },
];
