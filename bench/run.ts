/**
 * Measures builds against whichever other builders are installed.
 *
 *     node --import tsx bench/run.ts [--runs N] [--warm-up N] [--peer NAME]... [--prune-docker] [CASE...]
 *
 * Ends with 1 where a case failed, or a signal came before the end; the report has what was measured.
 */
import { mkdirSync, mkdtempSync } from 'node:fs';
import { join } from 'node:path';
import { cacheRoot } from '../fixtures/cache.ts';
import { removeStore } from '../fixtures/rootless.ts';
import { toTsbuildError } from '../src/base/error.ts';
import { readOptions } from './options.ts';
import { bench } from './session.ts';

/** The stores are on the disk that caches are on: /tmp may be in memory, and is then no measure. */
async function main(signal: AbortSignal): Promise<void> {
  mkdirSync(cacheRoot(), { recursive: true });
  const directory = mkdtempSync(join(cacheRoot(), 'bench-'));
  try {
    if (!(await bench(readOptions(process.argv.slice(2)), directory, signal))) process.exitCode = 1;
  } catch (thrown) {
    const error = toTsbuildError(thrown);
    console.error([`error: ${error.message}`, ...error.notes, error.hint ?? ''].join('\n').trimEnd());
    process.exitCode = 1;
  } finally {
    await removeStore(directory);
  }
}

// Ctrl-C reaches the builder that runs, too: its failure ends the case, and then the session ends. A second one kills.
const stop = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.once(name, () => stop.abort());
await main(stop.signal);
