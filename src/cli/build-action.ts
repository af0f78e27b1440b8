import { build } from '../build/build.ts';
import type { TargetExplanation } from '../explain/types.ts';
import { type Delivered, idOf } from '../export/deliver.ts';
import { writeOutputFile } from '../export/destination.ts';
import { createProgress } from '../progress/progress.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { lockedImages } from './lock-option.ts';
import { metadataOf } from './metadata.ts';
import { inNamespace } from './namespace.ts';
import { explained } from './sandbox-report.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

/** Carries out `tsbuild build`: progress on standard error, the image ID on standard output where `-q` asks for it. */
export async function buildAction(argv: BuildArguments): Promise<number> {
  const options = buildOptionsOf(argv, process.env);
  const locked = await lockedImages(argv);
  let explanations: readonly TargetExplanation[] = [];
  const onExplained = argv.explain
    ? (found: readonly TargetExplanation[]) => {
        explanations = found;
      }
    : undefined;
  const explainTo = async (stream: NodeJS.WriteStream) => {
    if (explanations.length === 0) return;
    const { explanationText } = await import('./explain-report.ts');
    stream.write(explanationText(explanations, { color: colorOf(stream) }));
  };
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const progress = createProgress({
      mode: argv.quiet ? 'quiet' : argv.progress,
      stream: process.stderr,
      color: colorOf(process.stderr),
    });
    try {
      const delivered = await build({
        ...options,
        ...environment,
        locked,
        isolateNetwork: true,
        emit: progress.sink,
        signal: cancellation.signal,
        onExplained,
      });
      await writeReports(delivered, argv);
      progress.finish();
      await explainTo(process.stderr);
      if (argv.quiet && delivered.image !== undefined) process.stdout.write(`${idOf(delivered.image)}\n`);
      return 0;
    } catch (error) {
      const code = cancellation.exitCode();
      progress.finish(code === undefined ? await explained(error, environment.root) : undefined);
      await explainTo(process.stderr);
      if (code !== undefined) process.stderr.write('cancelled\n');
      return code ?? 1;
    } finally {
      cancellation.dispose();
    }
  });
}

async function writeReports(delivered: Delivered, argv: BuildArguments): Promise<void> {
  const { image } = delivered;
  if (argv.metadataFile !== undefined) {
    await writeOutputFile(argv.metadataFile, `${JSON.stringify(metadataOf(delivered), null, 2)}\n`);
  }
  if (argv.iidfile !== undefined && image !== undefined) await writeOutputFile(argv.iidfile, idOf(image));
}
