import { type BuildOptions, build } from '../build/build.ts';
import type { TargetExplanation } from '../explain/types.ts';
import { type Delivered, idOf } from '../export/deliver.ts';
import { writeOutputFile } from '../export/destination.ts';
import { createProgress } from '../progress/progress.ts';
import { type BuildArguments, buildOptionsOf, readFromInput } from './build-options.ts';
import { lockedImages } from './lock-option.ts';
import { metadataOf } from './metadata.ts';
import { inNamespace } from './namespace.ts';
import { requireShellTerminal, shellOnError } from './on-error.ts';
import { backendOf } from './runtime-option.ts';
import { explained } from './sandbox-report.ts';
import { type Cancellation, cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

/** Carries out `tsbuild build`: progress on standard error, the image ID on standard output where `-q` asks for it. */
export async function buildAction(argv: BuildArguments): Promise<number> {
  const options = buildOptionsOf(argv, process.env);
  await requireShellTerminal(argv, readFromInput(argv));
  const locked = await lockedImages(argv);
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    try {
      return (await buildOnce(argv, { ...options, ...environment, locked }, cancellation)).code;
    } finally {
      cancellation.dispose();
    }
  });
}

type OnceOptions = Omit<BuildOptions, 'emit' | 'signal'>;

export interface BuiltOnce {
  /** That of the process. */
  code: number;
  delivered?: Delivered;
  error?: unknown;
  /** Where `--explain` asks for them. */
  explanations: readonly TargetExplanation[];
}

/** One build with all that is shown of it; where it is `bare`, that is progress alone, and the caller tells the rest. */
export async function buildOnce(
  argv: BuildArguments,
  options: OnceOptions,
  { signal, exitCode, bare = false }: Pick<Cancellation, 'signal' | 'exitCode'> & { bare?: boolean },
): Promise<BuiltOnce> {
  const { stderr, stdout } = process;
  const color = colorOf(stderr);
  let explanations: readonly TargetExplanation[] = [];
  const onExplained = argv.explain
    ? (found: readonly TargetExplanation[]) => {
        explanations = found;
      }
    : undefined;
  const explain = async () => {
    if (bare || explanations.length === 0) return;
    const { explanationText } = await import('./explain-report.ts');
    stderr.write(explanationText(explanations, { color }));
  };
  const progress = createProgress({ mode: argv.quiet ? 'quiet' : argv.progress, stream: stderr, color });
  const fail = async (error: unknown) => {
    if (!bare && exitCode() === undefined) progress.finish(await explained(error, options.root));
  };
  const onFailed = shellOnError(argv, { fail, signal });
  try {
    const backend = await backendOf(argv, options);
    const settings = { isolateNetwork: true, backend, emit: progress.sink, signal, onExplained, onFailed };
    const delivered = await build({ ...options, ...settings });
    await writeReports(delivered, argv);
    progress.finish();
    await explain();
    if (argv.quiet && delivered.image !== undefined) stdout.write(`${idOf(delivered.image)}\n`);
    return { code: 0, delivered, explanations };
  } catch (error) {
    await fail(error);
    const code = exitCode();
    progress.finish();
    await explain();
    if (!bare && code !== undefined) stderr.write('cancelled\n');
    return { code: code ?? 1, error: bare ? await explained(error, options.root) : error, explanations };
  }
}

async function writeReports(delivered: Delivered, argv: BuildArguments): Promise<void> {
  const { image } = delivered;
  if (argv.metadataFile !== undefined) {
    await writeOutputFile(argv.metadataFile, `${JSON.stringify(metadataOf(delivered), null, 2)}\n`);
  }
  if (argv.iidfile !== undefined && image !== undefined) await writeOutputFile(argv.iidfile, idOf(image));
}
