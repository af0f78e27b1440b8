import type { Argv } from 'yargs';
import { flag, value } from '../option-kinds.ts';
import type { ReportArguments } from '../report-action.ts';

/** What happened in one build. */
export const reportCommand = {
  command: 'report [id]',
  describe: 'Show where the time of a build went, and why',
  builder: (yargs: Argv) =>
    yargs
      .positional('id', {
        type: 'string',
        describe: 'A build, by the beginning or the end of its ID; the last one by default',
      })
      .options({
        open: flag('Open the report as a page in the browser'),
        html: value('Write the page to a file'),
        trace: value('Write a Chrome trace, for Perfetto'),
        otlp: value('Write an OpenTelemetry trace (OTLP, JSON)'),
        against: value('Compare with this build [the last one of the same targets]'),
        json: flag('As JSON'),
      }),
  handler: async (argv: ReportArguments): Promise<number> => (await import('../report-action.ts')).reportAction(argv),
};
