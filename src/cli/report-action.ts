import { join } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { writeOutputFile } from '../export/destination.ts';
import { BuildJournals } from '../journal/builds.ts';
import { chromeTrace } from '../report/chrome-trace.ts';
import { collectReport } from '../report/collect.ts';
import { htmlOf } from '../report/html.ts';
import { otlpTrace } from '../report/otlp.ts';
import type { ReportData } from '../report/types.ts';
import { withStore } from './open.ts';
import { openFile } from './open-file.ts';
import type { GlobalArguments } from './options.ts';
import { reportText } from './report-text.ts';
import { colorOf } from './terminal.ts';

export interface ReportArguments extends GlobalArguments {
  id?: string | undefined;
  open?: boolean | undefined;
  html?: string | undefined;
  trace?: string | undefined;
  otlp?: string | undefined;
  against?: string | undefined;
  json?: boolean | undefined;
}

/** `tsbuild report`: what happened in a build, in a terminal, as a page, or for other programs. */
export function reportAction(argv: ReportArguments): Promise<number> {
  return withStore(argv, async (store) => {
    const journals = new BuildJournals(store.layout);
    const id = journals.find(argv.id);
    const against = argv.against === undefined ? undefined : journals.find(argv.against);
    if (against === id) throw new TsbuildError('USAGE', 'a build is compared with another one, not with itself');
    const report = collectReport(id, { store, journals, against });
    const written = await writeFiles(report, argv);
    if (argv.open) {
      const path = argv.html ?? join(journals.directory(id), 'report.html');
      if (argv.html === undefined) await writeOutputFile(path, htmlOf(report));
      process.stdout.write(`${path}\n`);
      await openFile(path);
    } else if (argv.json) process.stdout.write(`${JSON.stringify(report)}\n`);
    else if (!written) process.stdout.write(reportText(report, { color: colorOf(process.stdout) }));
    return 0;
  });
}

async function writeFiles(report: ReportData, { html, trace, otlp }: ReportArguments): Promise<boolean> {
  if (html !== undefined) await writeOutputFile(html, htmlOf(report));
  if (trace !== undefined) await writeOutputFile(trace, `${JSON.stringify(chromeTrace(report))}\n`);
  if (otlp !== undefined) await writeOutputFile(otlp, `${JSON.stringify(otlpTrace(report))}\n`);
  return (html ?? trace ?? otlp) !== undefined;
}
