import type { Argv } from 'yargs';
import { type GlobalArguments, keepDash } from '../options.ts';

export const parseCommand = {
  // yargs drops a `-` from a list of words, and makes an empty text of it in a place of its own.
  command: 'parse [file] [more..]',
  describe: 'Show the syntax tree of build files, for editors and tools',
  builder: (yargs: Argv) =>
    yargs
      .positional('file', {
        type: 'string',
        describe: 'Build file [Dockerfile]; - reads the names of files from standard input, one a line',
        coerce: keepDash,
      })
      .positional('more', { type: 'string', describe: 'More build files' })
      .options({
        format: { choices: ['json', 'sexpr'] as const, default: 'json' as const, describe: 'Form of the tree' },
      })
      .epilogue(
        [
          'JSON is one object a file, on a line of its own; for a file that cannot be read or parsed it is',
          '{"ok":false,"error":…}. Where such a file is named on the command line, the exit code is 1. A name from',
          'standard input has its answer in any case, and the exit code is 0. See docs/grammar.md.',
        ].join(' '),
      ),
  handler: async (
    argv: GlobalArguments & { file?: string | undefined; more?: string[] | undefined; format: 'json' | 'sexpr' },
  ): Promise<number> => (await import('../parse-action.ts')).parseAction(argv),
};
