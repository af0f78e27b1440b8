import { type Verified, verify } from '../build/verify.ts';
import { createProgress } from '../progress/progress.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { lockedImages } from './lock-option.ts';
import { inNamespace } from './namespace.ts';
import { backendOf } from './runtime-option.ts';
import { explained } from './sandbox-report.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

export type VerifyArguments = BuildArguments & { image?: string | undefined };

/** Carries out `tsbuild verify`: what it found goes to standard output; 1 where builds differ. */
export async function verifyAction(argv: VerifyArguments): Promise<number> {
  const options = buildOptionsOf({ ...argv, context: argv.context ?? '.' }, process.env);
  const locked = await lockedImages(argv);
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const progress = createProgress({ mode: argv.progress, stream: process.stderr, color: colorOf(process.stderr) });
    try {
      const { image } = argv;
      const settings = {
        ...environment,
        locked,
        isolateNetwork: true,
        backend: await backendOf(argv, environment),
        emit: progress.sink,
        signal: cancellation.signal,
      };
      const verified = await verify({ ...options, ...settings, image });
      progress.finish();
      process.stdout.write(reportOf(verified, options.epoch));
      return verified.difference === undefined ? 0 : 1;
    } catch (error) {
      const code = cancellation.exitCode();
      progress.finish(code === undefined ? await explained(error, environment.root) : undefined);
      return code ?? 1;
    } finally {
      cancellation.dispose();
    }
  });
}

function reportOf({ digest, difference }: Verified, epoch: number | undefined): string {
  if (difference === undefined) return `reproducible: ${digest}\n`;
  const { step, place, attributes, platform } = difference;
  const lines = [
    `not reproducible (${platform})`,
    ...(step === undefined ? [] : [`  step   ${step}`]),
    `  where  ${place}`,
    ...attributes.map((attribute) => `  what   ${attribute}`),
    ...(epoch === undefined
      ? ['  hint   without SOURCE_DATE_EPOCH files keep the time at which a step made them']
      : []),
  ];
  return `${lines.join('\n')}\n`;
}
