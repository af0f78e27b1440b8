import { TsbuildError, TsbuildErrors } from '../base/error.ts';
import { checkBuild } from '../build/check.ts';
import { readInput } from '../build/input.ts';
import type { BuildTarget } from '../build/target.ts';
import { outlineOf } from '../frontend/outline.ts';
import { parseBuildFile } from '../frontend/parse.ts';
import { targetsOf } from '../frontend/targets.ts';
import { hostPlatform } from '../oci/platform.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { type Call, parseCall } from './call-option.ts';
import { checkJson, checkText } from './check-report.ts';
import { environmentOf } from './namespace.ts';
import { outlineJson, outlineText, targetsJson, targetsText } from './outline-report.ts';
import { reportError } from './report-error.ts';
import { cancelOnSignals } from './signals.ts';
import { colorOf } from './terminal.ts';

type CallOptions = BuildTarget;

/** Carries out `--check` and `--call`: looks at the build file and prints what it finds; nothing is executed. */
export async function callAction(argv: BuildArguments): Promise<number> {
  const call = parseCall(argv.call ?? 'check');
  if (argv.check && call.method !== 'check') {
    throw new TsbuildError('USAGE', `--check and --call=${call.method} exclude each other`, {
      hint: 'give one of them',
    });
  }
  if (call.method === 'build') return (await import('./build-action.ts')).buildAction(argv);
  const { text, code } = await callTarget(buildOptionsOf(argv, process.env), call, environmentOf(argv).root);
  process.stdout.write(text);
  return code;
}

/** What a method says of a build file: for `check` the code is 1 where it warns, or where the file could not be built. */
export async function callTarget(
  options: CallOptions,
  call: Call,
  root: string,
): Promise<{ text: string; code: number }> {
  if (call.method === 'check') return check(options, call, root);
  return { text: call.method === 'targets' ? targets(options, call) : outline(options, call), code: 0 };
}

async function check(
  options: CallOptions,
  { format, ignoreStatus }: Call,
  root: string,
): Promise<{ text: string; code: number }> {
  const { signal, exitCode, dispose } = cancelOnSignals();
  try {
    const result = await checkBuild({ ...options, root, signal });
    const cancelled = exitCode();
    if (cancelled !== undefined) return { text: '', code: cancelled };
    const { stdout } = process;
    const style = { color: colorOf(stdout), columns: stdout.columns || DEFAULT_COLUMNS };
    if (result.errors.length > 0 && format !== 'json') reportError(new TsbuildErrors(result.errors));
    const isGood = result.findings.length + result.errors.length === 0 || ignoreStatus;
    return { text: format === 'json' ? checkJson(result) : checkText(result, style), code: isGood ? 0 : 1 };
  } finally {
    dispose();
  }
}

const DEFAULT_COLUMNS = 100;

function targets(options: CallOptions, { format }: Call): string {
  const { source } = readInput(options);
  const found = targetsOf(parseBuildFile(source));
  return format === 'json' ? targetsJson(found, source) : targetsText(found);
}

function outline(options: CallOptions, { format }: Call): string {
  const { source } = readInput(options);
  const buildPlatform = hostPlatform();
  const targetPlatform = options.platforms?.[0] ?? buildPlatform;
  const found = outlineOf(parseBuildFile(source), { ...options, buildPlatform, targetPlatform });
  return format === 'json' ? outlineJson(found, source) : outlineText(found);
}
