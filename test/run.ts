/**
 * Compiles test files, runs each in a process of its own, and ends with the line `N passed, N failed`.
 *
 *     node --import tsx test/run.ts [FILTER...]     a filter is a part of a path
 *
 * Each file has a temporary directory of its own, which is removed after it, whatever became of it.
 * Files named `*.serial.test.ts` have the machine for themselves: they run last, one at a time.
 * Of a file that passes, what follows `note: ` in a line is shown.
 * `CI=true` makes a skipped test a failure; `TEST_TIMEOUT` is the limit of one file in seconds.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { isErrno } from '../src/base/error.ts';
import { type Bundle, bundleTests } from './house/bundle.ts';
import { type FileResult, judge } from './house/summary.ts';

const ROOT = resolve(import.meta.dirname, '..');
const STRICT = process.env.CI === 'true';
const TIMEOUT_MS = Number(process.env.TEST_TIMEOUT ?? 300) * 1000;
const SERIAL = /\.serial\.test\.ts$/;
/** What is kept of a file's output, in characters, from its end, where the summary is. */
const MAX_OUTPUT = 4 << 20;

const running = new Set<ChildProcess>();

function findTests(filters: readonly string[]): string[] {
  return readdirSync(resolve(ROOT, 'test'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.test.ts'))
    .map((entry) => relative(ROOT, resolve(entry.parentPath, entry.name)))
    .filter((path) => filters.length === 0 || filters.some((filter) => path.includes(filter)))
    .sort();
}

/** The whole process group goes: what a test left behind would hold our pipes open. */
function killGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, 'SIGKILL');
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error;
  }
}

function execute(
  path: string,
  bundle: Bundle,
  temporary: string,
): Promise<{ output: string; status: number | string; timedOut: boolean }> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, bundle.argumentsOf(path), {
      cwd: ROOT,
      detached: true,
      env: { ...process.env, TMPDIR: temporary },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    running.add(child);
    let output = '';
    let timedOut = false;
    const collect = (text: string): void => {
      output += text;
      if (output.length > 2 * MAX_OUTPUT) output = output.slice(-MAX_OUTPUT);
    };
    child.stdout.setEncoding('utf8').on('data', collect);
    child.stderr.setEncoding('utf8').on('data', collect);
    const timer = setTimeout(() => {
      timedOut = true;
      killGroup(child);
    }, TIMEOUT_MS);
    child.on('exit', () => killGroup(child));
    child.on('error', fail);
    child.on('close', (code, signal) => {
      clearTimeout(timer);
      running.delete(child);
      done({ output, status: code ?? signal ?? 'unknown', timedOut });
    });
  });
}

/** Open to users that tests make. The name is short: paths of sockets end after some hundred bytes. */
function temporaryDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'tsb-'));
  chmodSync(directory, 0o1777);
  return directory;
}

async function runFile(path: string, bundle: Bundle): Promise<FileResult> {
  const start = performance.now();
  const temporary = temporaryDirectory();
  const run = await execute(path, bundle, temporary);
  rmSync(temporary, { recursive: true, force: true });
  const result = judge({ ...run, text: readFileSync(resolve(ROOT, path), 'utf8') }, STRICT);
  const seconds = `${((performance.now() - start) / 1000).toFixed(1)}s`;
  const skips = result.skipped > 0 ? `, ${result.skipped} skipped` : '';
  const mark = result.failed > 0 ? 'FAIL' : 'ok  ';
  console.log(`${mark} ${path}  ${result.passed} passed${skips}  ${seconds}`);
  if (result.failed > 0) console.log(indent(run.output));
  else for (const [note] of run.output.matchAll(/\bnote: .*$/gm)) console.log(`     ${note}`);
  for (const fault of result.faults) console.log(`     ${path}: ${fault}`);
  return result;
}

function indent(output: string): string {
  return output.trimEnd().replace(/^/gm, '     | ');
}

/** Runs `paths` with `width` of them at a time. */
async function runAll(paths: readonly string[], bundle: Bundle, width: number): Promise<FileResult[]> {
  const queue = [...paths];
  const results: FileResult[] = [];
  const lane = async (): Promise<void> => {
    for (let path = queue.shift(); path !== undefined; path = queue.shift()) {
      results.push(await runFile(path, bundle));
    }
  };
  await Promise.all(Array.from({ length: width }, lane));
  return results;
}

async function main(filters: readonly string[]): Promise<number> {
  const paths = findTests(filters);
  if (paths.length === 0) console.log(`no test file matches: ${filters.join(' ')}`);
  const alone = paths.filter((path) => SERIAL.test(path));
  const together = paths.filter((path) => !SERIAL.test(path));
  const bundle = await bundleTests(ROOT, paths);
  process.on('exit', bundle.remove);
  const results = [...(await runAll(together, bundle, availableParallelism())), ...(await runAll(alone, bundle, 1))];
  const passed = results.reduce((sum, result) => sum + result.passed, 0);
  const failed = paths.length === 0 ? 1 : results.reduce((sum, result) => sum + result.failed, 0);
  console.log(`${passed} passed, ${failed} failed`);
  return failed === 0 ? 0 : 1;
}

for (const [signal, status] of [['SIGINT', 130] as const, ['SIGTERM', 143] as const]) {
  process.on(signal, () => {
    for (const child of running) killGroup(child);
    process.exit(status);
  });
}
process.exitCode = await main(process.argv.slice(2));
