import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pageOf } from './page.ts';
import type { Report } from './report.ts';

const RESULTS = join(import.meta.dirname, 'results');

/** Writes the report as JSON and as a page of bars, and returns the paths of the files. */
export function writeReport(report: Report): string[] {
  mkdirSync(RESULTS, { recursive: true });
  const path = join(RESULTS, report.time.replaceAll(':', '-'));
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 2)}\n`);
  writeFileSync(`${path}.html`, pageOf(report));
  return [`${path}.json`, `${path}.html`];
}
