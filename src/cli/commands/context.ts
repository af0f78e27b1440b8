import type { Argv } from 'yargs';
import type { ContextArguments } from '../context-action.ts';
import { flag, list, value } from '../option-kinds.ts';

/** `tsbuild context ls|why|stats`: what is in a build context, and what of it is used. */
export const contextCommand = {
  command: 'context <action> [path..]',
  describe: 'Look at a build context: ls [DIR], why PATH [DIR], stats [DIR]',
  settings: 'build' as const,
  // What one stage does not use may be another's: a proposal looks at all.
  fixed: ['target'],
  builder: (yargs: Argv) =>
    yargs
      .positional('action', { choices: ['ls', 'why', 'stats'] as const, demandOption: true })
      .positional('path', {
        type: 'string',
        array: true,
        default: undefined,
        describe: 'The directory to build from [.]; for why, before it a path in that',
      })
      .options({
        file: value('Build file [DIR/Dockerfile]', 'f'),
        target: value('Stage to look at, with those it needs [all stages]'),
        'build-arg': list('Value of an ARG, NAME=VALUE'),
        propose: flag('stats: print an ignore file that hides what nothing uses'),
        json: flag('As JSON'),
      })
      .example('$0 context why src/a.ts', 'which instructions use a file, or which rule hides it')
      .example('$0 context stats --propose', 'an ignore file that changes no result'),
  handler: async (argv: ContextArguments): Promise<number> =>
    (await import('../context-action.ts')).contextAction(argv),
};
