import {
  type BakeOptions,
  buildTargetOf,
  listTargets,
  listVariables,
  loadBake,
  printSelection,
  requireGranted,
  selectBake,
  type Target,
} from '../bake/index.ts';
import { buildTargets } from '../build/build.ts';
import { writeOutputFile } from '../export/destination.ts';
import { createProgress } from '../progress/progress.ts';
import { type BakeArguments, bakeOptionsOf, type ListRequest, listRequestOf } from './bake-options.ts';
import { jobsOf } from './build-options.ts';
import { callTarget } from './call-action.ts';
import { parseCall } from './call-option.ts';
import { lockedImages } from './lock-option.ts';
import { metadataOf } from './metadata.ts';
import { environmentOf, inNamespace } from './namespace.ts';
import { requireShellTerminal, shellOnError } from './on-error.ts';
import { backendOf } from './runtime-option.ts';
import { explained } from './sandbox-report.ts';
import { cancelOnSignals } from './signals.ts';
import { table } from './table.ts';
import { colorOf } from './terminal.ts';

/** Carries out `tsbuild bake`: what is printed or listed goes to standard output, progress to standard error. */
export async function bakeAction(argv: BakeArguments): Promise<number> {
  const options = bakeOptionsOf(argv, process.env);
  if (argv.list !== undefined) process.stdout.write(await listed(options, listRequestOf(argv.list)));
  else if (argv.print) process.stdout.write(printSelection(await selectBake(options)));
  else return bake(argv, options);
  return 0;
}

async function listed(options: BakeOptions, { type, format }: ListRequest): Promise<string> {
  const { config, globals } = await loadBake(options);
  const targets = listTargets(config);
  const variables = type === 'variables' ? listVariables(globals) : [];
  if (format === 'json') return `${JSON.stringify(type === 'targets' ? targets : variables, null, 2)}\n`;
  if (type === 'targets') {
    return table(
      ['TARGET', 'DESCRIPTION'],
      targets.map(({ name, description = '' }) => [name, description]),
    );
  }
  const rows = variables.map(({ name, type: of = '', value = '<null>', description = '' }) => [
    name,
    of,
    value,
    description,
  ]);
  return table(['VARIABLE', 'TYPE', 'VALUE', 'DESCRIPTION'], rows);
}

/** The targets that have changed in the place of those that were asked for; undefined where none has. */
async function affectedOnly(argv: BakeArguments, options: BakeOptions): Promise<BakeOptions | undefined> {
  const { findAffected } = await import('./affected-action.ts');
  const { targets, since } = await findAffected(argv, options);
  const names = targets.filter(({ linked }) => !linked).map(({ name }) => name);
  const what = names.length === 0 ? 'no target has changed' : `building what has changed, ${names.join(', ')}`;
  if (argv.progress !== 'quiet') process.stderr.write(`since ${since}: ${what}\n`);
  return names.length === 0 ? undefined : { ...options, targets: names };
}

/** `--call` and `--check`: what a method says of each target, below its name; in JSON by its name. */
async function callTargets(targets: readonly Target[], root: string): Promise<number> {
  const said = new Map<string, unknown>();
  let worst = 0;
  for (const target of targets) {
    const call = parseCall(target.call ?? '');
    const { text, code } = await callTarget(buildTargetOf({ ...target, call: undefined }, process.env), call, root);
    if (call.format === 'json') said.set(target.name, JSON.parse(text));
    else process.stdout.write(`${target.name}\n\n${text}\n`);
    worst = Math.max(worst, code);
  }
  if (said.size > 0) process.stdout.write(`${JSON.stringify({ target: Object.fromEntries(said) }, null, 2)}\n`);
  return worst;
}

async function bake(argv: BakeArguments, options: BakeOptions): Promise<number> {
  const jobs = jobsOf(argv.jobs);
  await requireShellTerminal(argv, options.files.includes('-') ? 'the bake file' : undefined);
  const locked = await lockedImages(argv);
  const asked = argv.affected ? await affectedOnly(argv, options) : options;
  if (asked === undefined) return 0;
  const { targets, linked } = await selectBake(asked);
  const methods = [...targets.values()].filter(({ call = '' }) => call !== '' && call !== 'build');
  if (methods.length > 0)
    return callTargets(
      methods.filter(({ name }) => !linked.has(name)),
      environmentOf(argv).root,
    );
  const names = [...targets.keys()];
  for (const target of targets.values()) requireGranted(target, argv.allow ?? []);
  const builds = [...targets.values()].map((target) => buildTargetOf(target, process.env));
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const { signal } = cancellation;
    const progress = createProgress({ mode: argv.progress, stream: process.stderr, color: colorOf(process.stderr) });
    const fail = async (error: unknown) => {
      if (cancellation.exitCode() === undefined) progress.finish(await explained(error, environment.root));
    };
    try {
      const settings = {
        ...environment,
        jobs,
        locked,
        offline: argv.offline,
        isolateNetwork: true,
        backend: await backendOf(argv, environment),
        emit: progress.sink,
        signal,
        onFailed: shellOnError(argv, { fail, signal }),
      };
      const delivered = await buildTargets(builds, settings);
      if (argv.metadataFile !== undefined) {
        const all = delivered.flatMap((result, at) =>
          linked.has(names[at] as string) ? [] : [[names[at], metadataOf(result)]],
        );
        await writeOutputFile(argv.metadataFile, `${JSON.stringify(Object.fromEntries(all), null, 2)}\n`);
      }
      progress.finish();
      return 0;
    } catch (error) {
      await fail(error);
      const code = cancellation.exitCode();
      progress.finish();
      if (code !== undefined) process.stderr.write('cancelled\n');
      return code ?? 1;
    } finally {
      cancellation.dispose();
    }
  });
}
