import type { Argv } from 'yargs';
import type { GraphArguments } from '../graph-action.ts';
import { flag, value } from '../option-kinds.ts';
import { SELECTION_OPTIONS } from './bake.ts';

/** `tsbuild graph`: of a build file, or of targets of bake files. */
export const graphCommand = {
  command: 'graph [targets..]',
  describe: 'Draw the steps of a build: of a directory, or of targets of bake files',
  builder: (yargs: Argv) =>
    yargs
      .positional('targets', {
        type: 'string',
        array: true,
        default: undefined,
        describe:
          'A directory to build from, or targets and groups [bake files of this directory, else its Dockerfile]',
      })
      .options({
        ...SELECTION_OPTIONS,
        file: { ...SELECTION_OPTIONS.file, describe: 'Bake file; with a directory, build file' },
        target: value('With a directory, the stage [the last one]'),
        format: {
          choices: ['mermaid', 'dot', 'svg', 'json'] as const,
          default: 'mermaid' as const,
          requiresArg: true,
          describe: 'Mermaid, Graphviz, a drawing, or data',
        },
        cache: flag('Show which steps are in the cache'),
      })
      .example('$0 graph --format svg . > build.svg', 'draw the Dockerfile of this directory'),
  handler: async (argv: GraphArguments): Promise<number> => (await import('../graph-action.ts')).graphAction(argv),
};
