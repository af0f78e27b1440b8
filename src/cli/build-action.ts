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

/** One build with all that is shown of it. The code is that of the process. */
export async function buildOnce(
  argv: BuildArguments,
  options: OnceOptions,
  { signal, exitCode }: Pick<Cancellation, 'signal' | 'exitCode'>,
): Promise<{ code: number; delivered?: Delivered }> {
  const { stderr, stdout } = process;
  const color = colorOf(stderr);
  let explanations: readonly TargetExplanation[] = [];
  const onExplained = argv.explain
    ? (found: readonly TargetExplanation[]) => {
        explanations = found;
      }
    : undefined;
  const explain = async () => {
    if (explanations.length === 0) return;
    const { explanationText } = await import('./explain-report.ts');
    stderr.write(explanationText(explanations, { color }));
  };
  const progress = createProgress({ mode: argv.quiet ? 'quiet' : argv.progress, stream: stderr, color });
  const fail = async (error: unknown) => {
    if (exitCode() === undefined) progress.finish(await explained(error, options.root));
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
    return { code: 0, delivered };
  } catch (error) {
    await fail(error);
    const code = exitCode();
    progress.finish();
    await explain();
    if (code !== undefined) stderr.write('cancelled\n');
    return { code: code ?? 1 };
  }
}

async function writeReports(delivered: Delivered, argv: BuildArguments): Promise<void> {
  const { image } = delivered;
  if (argv.metadataFile !== undefined) {
    await writeOutputFile(argv.metadataFile, `${JSON.stringify(metadataOf(delivered), null, 2)}\n`);
  }
  if (argv.iidfile !== undefined && image !== undefined) await writeOutputFile(argv.iidfile, idOf(image));
}
