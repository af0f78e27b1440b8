import { writeFileSync } from 'node:fs';
import { writeFileAtomic } from '../base/atomic.ts';
import { build } from '../build/build.ts';
import type { Delivered } from '../export/deliver.ts';
import { createProgress } from '../progress/progress.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { inNamespace } from './namespace.ts';
import { explained } from './sandbox-report.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

/** Carries out `tsbuild build`: progress on standard error, the image ID on standard output where `-q` asks for it. */
export function buildAction(argv: BuildArguments): Promise<number> {
  const options = buildOptionsOf(argv, process.env);
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const progress = createProgress({
      mode: argv.quiet ? 'quiet' : argv.progress,
      stream: process.stderr,
      color: colorOf(process.stderr),
    });
    try {
      const delivered = await build({ ...options, ...environment, emit: progress.sink, signal: cancellation.signal });
      progress.finish();
      report(delivered, argv);
      return 0;
    } catch (error) {
      const code = cancellation.exitCode();
      progress.finish(code === undefined ? await explained(error, environment.root) : undefined);
      if (code !== undefined) process.stderr.write('cancelled\n');
      return code ?? 1;
    } finally {
      cancellation.dispose();
    }
  });
}

function report({ image, names }: Delivered, argv: BuildArguments): void {
  if (argv.metadataFile !== undefined) {
    writeFileAtomic(argv.metadataFile, `${JSON.stringify(metadataOf(image, names), null, 2)}\n`);
  }
  if (image === undefined) return;
  const id = image.manifest.config.digest;
  if (argv.iidfile !== undefined) writeFileSync(argv.iidfile, id);
  if (argv.quiet) process.stdout.write(`${id}\n`);
}

/** The keys of the reference builder's metadata file. */
function metadataOf(image: Delivered['image'], names: readonly string[]): Record<string, unknown> {
  if (image === undefined) return {};
  return {
    'containerimage.config.digest': image.manifest.config.digest,
    'containerimage.descriptor': image.descriptor,
    'containerimage.digest': image.descriptor.digest,
    ...(names.length > 0 && { 'image.name': names.join(',') }),
  };
}
