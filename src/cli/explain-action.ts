import { explainTargets } from '../build/explain.ts';
import { createProgress } from '../progress/progress.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { explanationJson, explanationText } from './explain-report.ts';
import { inNamespace } from './namespace.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

/** Carries out `tsbuild explain`: what a build would do, on standard output. */
export function explainAction(argv: BuildArguments & { json?: boolean | undefined }): Promise<number> {
  const options = buildOptionsOf({ ...argv, context: argv.context ?? '.' }, process.env);
  return inNamespace(argv, async (environment) => {
    const { signal, exitCode, dispose } = cancelOnSignals();
    const { stdout, stderr } = process;
    const progress = createProgress({ mode: 'quiet', stream: stderr, color: colorOf(stderr) });
    try {
      const explanations = await explainTargets([options], { ...environment, jobs: 1, emit: progress.sink, signal });
      stdout.write(
        argv.json ? explanationJson(explanations) : explanationText(explanations, { color: colorOf(stdout) }),
      );
      progress.finish();
      return 0;
    } catch (error) {
      const code = exitCode();
      progress.finish(code === undefined ? error : undefined);
      return code ?? 1;
    } finally {
      dispose();
    }
  });
}
