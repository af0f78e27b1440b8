import { resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { deriveScenarios } from '../bench/derive.ts';
import { benchPage } from '../bench/page.ts';
import { PEERS, type PeerName } from '../bench/peers.ts';
import { readProject } from '../bench/project.ts';
import { runBench } from '../bench/run.ts';
import { readScenarios } from '../bench/scenario-file.ts';
import type { BenchResult, BuildSettings } from '../bench/types.ts';
import { contextDirectory } from '../build/input.ts';
import { findProjectFile } from '../config/project-path.ts';
import { writeOutputFile } from '../export/destination.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import { benchText } from './bench-report.ts';
import { inNamespace } from './namespace.ts';
import { type GlobalArguments, keepDash } from './options.ts';
import { reportError } from './report-error.ts';
import { cancelOnSignals } from './signals.ts';

export interface BenchArguments extends GlobalArguments {
  directory: string;
  scenario?: string | undefined;
  against?: string[] | undefined;
  runs?: string | undefined;
  remote?: string | undefined;
  json?: string | undefined;
  html?: string | undefined;
  file?: string | undefined;
  target?: string | undefined;
}

/** `tsbuild bench`: the table goes to standard output, what is being done to standard error. */
export async function benchAction(argv: BenchArguments): Promise<number> {
  const directory = contextDirectory(argv.directory);
  const given = argv.scenario === undefined ? undefined : readScenarios(argv.scenario);
  const { file = argv.file, target = argv.target, args = {} }: Partial<BuildSettings> = given?.build ?? {};
  const build = { file, target, args };
  const project = await readProject(directory, file);
  const remote = remoteOf(argv.remote);
  const settings = settingsOf(directory);
  const plan = given === undefined ? deriveScenarios(project, build, remote) : { ...given, build };
  const [against, runs] = [peersOf(argv.against), runsOf(argv.runs)];
  return inNamespace(argv, async ({ root }) => {
    const { signal, exitCode, dispose } = cancelOnSignals();
    const onProgress = (text: string) => process.stderr.write(`bench: ${text}\n`);
    try {
      const result = await runBench({ project, plan, settings, remote, against, runs, root, signal, onProgress });
      await write(result, argv);
      return result.scenarios.some(({ failures }) => failures.tsbuild !== undefined) ? 1 : 0;
    } catch (error) {
      const code = exitCode();
      if (code === undefined) reportError(error);
      return code ?? 1;
    } finally {
      dispose();
    }
  });
}

async function write(result: BenchResult, argv: BenchArguments): Promise<void> {
  const json = keepDash(argv.json);
  const document = `${JSON.stringify(result, null, 2)}\n`;
  if (json === '-') process.stdout.write(document);
  else process.stdout.write(benchText(result));
  if (json !== undefined && json !== '-') await writeOutputFile(resolve(json), document);
  if (argv.html !== undefined) await writeOutputFile(resolve(argv.html), benchPage(result));
}

function peersOf(given: readonly string[] = []): PeerName[] {
  const names = [...new Set(given.flatMap((text) => text.split(',')).filter((name) => name !== ''))];
  const unknown = names.find((name) => !(PEERS as readonly string[]).includes(name));
  if (unknown === undefined) return names as PeerName[];
  throw new TsbuildError('USAGE', `there is no builder ${unknown} to compare with`, {
    hint: `choose of ${PEERS.join(', ')}`,
  });
}

/** The file of settings of the project that is measured, from where it is: the copy lacks what is above it. */
function settingsOf(directory: string): string | undefined {
  const found = findProjectFile({ env: process.env, cwd: directory });
  if (found?.refused === undefined) return found?.path;
  process.stderr.write(`note: ${found.path} is not read: ${found.refused}\n`);
  return undefined;
}

/** A tag of its own, so that a cache that is in use is not overwritten by accident. */
function remoteOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  if (/[:@][^/]*$/.test(text.slice(text.indexOf('/') + 1)))
    throw new TsbuildError('USAGE', `--remote takes a repository, HOST/NAME, not ${text}`);
  return formatReference({ ...parseReference(text), tag: 'tsbuild-bench' });
}

function runsOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^[1-9]\d{0,2}$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `--runs takes a number from 1 to 999, not ${text}`);
}
