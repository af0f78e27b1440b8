import { TsbuildError } from '../base/error.ts';
import { debugTarget } from '../build/debug.ts';
import type { Vertex } from '../graph/vertex.ts';
import { commandOf, opOf } from '../ops/run-sandbox.ts';
import { createProgress } from '../progress/progress.ts';
import { sanitize } from '../progress/sanitize.ts';
import { type BuildArguments, buildOptionsOf, readFromInput } from './build-options.ts';
import { lockedImages } from './lock-option.ts';
import { inNamespace } from './namespace.ts';
import { reportError } from './report-error.ts';
import { backendOf } from './runtime-option.ts';
import { explained } from './sandbox-report.ts';
import { cancelOnSignals } from './signals.ts';
import { requireFreeInput, shellHere } from './step-shell.ts';
import { colorOf } from './terminal.ts';

export type DebugArguments = BuildArguments & { at?: string | undefined };

/**
 * Carries out `tsbuild debug`: on a terminal a shell for people, else one that reads commands from standard input.
 * Its exit code is ours.
 */
export async function debugAction(argv: DebugArguments): Promise<number> {
  const at = lineOf(argv);
  requireFreeInput(readFromInput(argv));
  const options = buildOptionsOf({ ...argv, context: argv.context ?? '.' }, process.env);
  if (options.platforms !== undefined && options.platforms.length > 1)
    throw new TsbuildError('USAGE', 'a shell is opened for one platform', { hint: 'name one with --platform' });
  const locked = await lockedImages(argv);
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const { signal } = cancellation;
    const mode = argv.quiet ? 'quiet' : argv.progress;
    const progress = createProgress({ mode, stream: process.stderr, color: colorOf(process.stderr) });
    const settings = { ...environment, locked, isolateNetwork: true, emit: progress.sink, signal };
    try {
      const backend = await backendOf(argv, environment);
      return await debugTarget({ ...options, at }, { ...options, ...settings, backend }, (vertex, shell) => {
        progress.finish();
        process.stderr.write(placeOf(vertex, at));
        return shellHere(shell, signal).catch(failed);
      });
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

function failed(error: unknown): number {
  reportError(error);
  return 1;
}

function lineOf({ at, target }: DebugArguments): number {
  if (at === undefined) {
    const hint = '`tsbuild debug --at 7 .` opens a shell before the instruction in line 7';
    throw new TsbuildError('USAGE', 'debug needs the line of an instruction: --at LINE', { hint });
  }
  if (!/^[1-9]\d{0,8}$/.test(at)) throw new TsbuildError('USAGE', `--at ${at}: it is no number of a line`);
  if (target !== undefined) {
    const hint = 'leave --target out';
    throw new TsbuildError('USAGE', '--at and --target exclude each other: the line says which stage it is', { hint });
  }
  return Number(at);
}

/** What is not executed, and for a RUN the command as one could type it. */
function placeOf(vertex: Vertex, line: number): string {
  const { name, source } = vertex.display;
  const command = commandOf(opOf(vertex)).map(quoted).join(' ');
  const would = command === '' ? [] : [`it would run: ${command}`];
  const rows = [`before line ${line} of ${source?.name}: ${name}`, ...would].join('\n').split('\n');
  return `${rows.map((row) => sanitize(row, false)).join('\n')}\n`;
}

function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}
