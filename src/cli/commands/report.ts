import type { Argv } from 'yargs';
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
        open: { type: 'boolean', describe: 'Open the report as a page in the browser' },
        html: { type: 'string', requiresArg: true, describe: 'Write the page to a file' },
        trace: { type: 'string', requiresArg: true, describe: 'Write a Chrome trace, for Perfetto' },
        otlp: { type: 'string', requiresArg: true, describe: 'Write an OpenTelemetry trace (OTLP, JSON)' },
        against: {
          type: 'string',
          requiresArg: true,
          describe: 'Compare with this build [the last one of the same targets]',
        },
        json: { type: 'boolean', describe: 'As JSON' },
      }),
  handler: async (argv: ReportArguments): Promise<number> => (await import('../report-action.ts')).reportAction(argv),
};
