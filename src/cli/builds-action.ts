import { basename } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { BuildJournals } from '../journal/builds.ts';
import { logsOf, type StepLog } from '../journal/logs.ts';
import type { BuildSummary } from '../journal/types.ts';
import { sanitize } from '../progress/sanitize.ts';
import type { Store } from '../store/open.ts';
import { withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { ago, table } from './table.ts';

export interface BuildsArguments extends GlobalArguments {
  action: 'ls' | 'logs' | 'rm';
  /** yargs gives one that is undefined where there is none. */
  id?: (string | undefined)[] | undefined;
  quiet?: boolean | undefined;
  all?: boolean | undefined;
  json?: boolean | undefined;
}

/** `tsbuild builds`: what the store remembers of the builds that wrote into it. */
export function buildsAction(argv: BuildsArguments): Promise<number> {
  return withStore(argv, async (store) => {
    const journals = new BuildJournals(store.layout);
    const ids = (argv.id ?? []).filter((id) => id !== undefined);
    if (argv.action === 'ls') list(journals, argv);
    else if (argv.action === 'logs') showLogs(store, journals, { ...argv, ids });
    else remove(journals, { ...argv, ids });
    return 0;
  });
}

function list(journals: BuildJournals, { quiet, json }: BuildsArguments): void {
  const builds = journals.ids().map((id) => journals.summary(id));
  if (json) process.stdout.write(`${JSON.stringify(builds)}\n`);
  else if (quiet) process.stdout.write(builds.map(({ id }) => `${id}\n`).join(''));
  else process.stdout.write(table(['BUILD', 'TARGET', 'STARTED', 'TOOK', 'STEPS', 'OUTCOME'], builds.map(rowOf)));
}

function rowOf(build: BuildSummary): string[] {
  const { id, started, completed, outcome } = build;
  const steps = build.steps.filter(({ internal }) => internal !== true);
  const cached = steps.filter((step) => step.outcome === 'hit').length;
  const took = completed === undefined ? '-' : `${((completed - started) / 1000).toFixed(1)}s`;
  const counted = `${steps.length} (${cached} cached)`;
  return [id, targetsOf(build), ago(new Date(started).toISOString()), took, counted, outcome];
}

function targetsOf({ targets }: BuildSummary): string {
  return targets.map(({ name, tags, target, directory }) => name ?? tags[0] ?? target ?? basename(directory)).join(' ');
}

function showLogs(
  store: Store,
  journals: BuildJournals,
  { ids, json }: { ids: string[]; json?: boolean | undefined },
): void {
  if (ids.length > 1) throw new TsbuildError('USAGE', 'logs shows one build');
  const id = journals.find(ids[0]);
  const logs = logsOf(id, { records: store.records, journals });
  if (json) process.stdout.write(`${JSON.stringify(logs)}\n`);
  else process.stdout.write(logs.map(textOf).join('\n'));
}

function textOf({ name, outcome, error, log }: StepLog): string {
  const said = Buffer.from(log, 'latin1').toString().replace(/\n$/, '');
  const lines = [
    `${name}  [${outcome === 'hit' ? 'cached' : outcome}]`,
    ...(said === '' ? [] : said.split('\n')),
    ...(error === undefined ? [] : [error]),
  ];
  return lines.map((line) => `${sanitize(line, false)}\n`).join('');
}

function remove(journals: BuildJournals, { ids, all }: { ids: string[]; all?: boolean | undefined }): void {
  if ((ids.length === 0) !== (all === true)) {
    throw new TsbuildError('USAGE', 'rm takes IDs, or --all', { hint: '`tsbuild builds ls` lists what is kept' });
  }
  const found = all ? journals.ids() : ids.map((id) => journals.find(id));
  for (const id of found) {
    journals.remove(id);
    process.stdout.write(`${id}\n`);
  }
}
