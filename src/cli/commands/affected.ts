import type { Argv } from 'yargs';
import type { AffectedArguments } from '../affected-action.ts';
import { LOCK_OPTIONS } from '../lock-option.ts';
import { flag } from '../option-kinds.ts';
import { SELECTION_OPTIONS, SINCE_OPTIONS, TARGETS } from './bake.ts';

/** `tsbuild affected`: bake's targets and files. */
export const affectedCommand = {
  command: 'affected [targets..]',
  describe: 'List the targets that would change between a git commit and the work tree, and why',
  settings: 'bake' as const,
  builder: (yargs: Argv) =>
    yargs
      .positional('targets', TARGETS)
      .options({
        ...SINCE_OPTIONS,
        since: { ...SINCE_OPTIONS.since, demandOption: true },
        ...SELECTION_OPTIONS,
        ...LOCK_OPTIONS,
        json: flag('As JSON'),
        matrix: flag('As a matrix of GitHub Actions: {"include":[{"target":…}]}'),
        quiet: flag('Print the names alone', 'q'),
        'exit-code': flag('End with 1 where a target would change'),
      })
      .conflicts({ matrix: ['json', 'quiet'], json: 'quiet' })
      .example('$0 affected --since origin/main --merge-base', 'what a branch changes')
      .example('$0 affected --since HEAD', 'what is not committed changes'),
  handler: async (argv: AffectedArguments): Promise<number> =>
    (await import('../affected-action.ts')).affectedAction(argv),
};
