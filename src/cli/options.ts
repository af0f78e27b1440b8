import type { Argv, Options } from 'yargs';

/** Options of every command. */
export const GLOBAL_OPTIONS = {
  root: {
    type: 'string',
    describe: 'Directory of images and cache [$TSBUILD_ROOT, /var/lib/tsbuild, ~/.local/share/tsbuild]',
    requiresArg: true,
  },
} as const satisfies Record<string, Options>;

/** An image of the store, as an argument. */
export const IMAGE = { type: 'string', demandOption: true, describe: 'Name or ID' } as const;

/** The same for `<image..>`, which yargs would otherwise show with an empty list as its default. */
export const IMAGES = { ...IMAGE, array: true, default: undefined } as const;

export interface GlobalArguments {
  root?: string | undefined;
}

/** Every option of the command; yargs has no other way to ask for them. */
export function knownOptions(yargs: Argv): Readonly<Record<string, unknown>> {
  return (yargs as unknown as { getOptions(): { key: Record<string, unknown> } }).getOptions().key;
}

/** yargs makes an empty text of an argument that is a lone `-`. */
export function keepDash(argument: string | undefined): string | undefined {
  return argument === '' ? '-' : argument;
}
