import type { Argv } from 'yargs';
import { value } from '../option-kinds.ts';
import type { VerifyArguments } from '../verify-action.ts';
import { buildOptions } from './build.ts';

/** `tsbuild verify`. The options are those of a build; outputs and caches count for nothing. */
export const verifyCommand = {
  command: 'verify [context]',
  describe: 'Build twice in empty stores, and say where the images differ first',
  settings: 'build' as const,
  builder: (yargs: Argv) => buildOptions(yargs).options({ image: value('Build once, and compare with this image') }),
  handler: async (argv: VerifyArguments): Promise<number> => (await import('../verify-action.ts')).verifyAction(argv),
};
