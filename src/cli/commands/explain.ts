import type { Argv } from 'yargs';
import type { BuildArguments } from '../build-options.ts';
import { flag } from '../option-kinds.ts';
import { buildOptions } from './build.ts';

/** Of the options of a build, those that say what becomes of the image, and how it is watched. */
const MEANINGLESS = [
  ...['output', 'load', 'push', 'iidfile', 'metadata-file', 'cache-to', 'provenance', 'sbom', 'attest', 'quiet'],
  ...['watch', 'poll', 'run', 'run-arg', 'check', 'call', 'explain', 'progress', 'jobs'],
];

/** `tsbuild explain`: takes the command line of a build, and says how that would go. */
export const explainCommand = {
  command: 'explain [context]',
  describe: 'Say why each step of a build would be executed, or not',
  settings: 'build' as const,
  builder: (yargs: Argv) =>
    MEANINGLESS.reduce((options, name) => options.hide(name), buildOptions(yargs))
      .options({ json: flag('As JSON') })
      .example('$0 explain .', 'what of ./Dockerfile would be executed, and why'),
  handler: async (argv: BuildArguments & { json?: boolean }): Promise<number> =>
    (await import('../explain-action.ts')).explainAction(argv),
};
