import { TsbuildError } from '../base/error.ts';
import type { BuildSettings } from '../build/target.ts';
import { reportError } from './report-error.ts';

/** The option of commands that build, and what yargs makes of it. */
export const ON_ERROR_OPTION = {
  'on-error': {
    choices: ['shell'] as const,
    requiresArg: true,
    describe: 'Open a shell in what a step left whose command failed',
  },
};

export interface OnErrorOption {
  onError?: 'shell' | undefined;
}

/**
 * Decided before anything is built: nobody may be there to see that no shell is opened. `input` says what standard
 * input is, where something else is read from there.
 */
export async function requireShellTerminal({ onError }: OnErrorOption, input: string | undefined): Promise<void> {
  if (onError !== 'shell') return;
  const { requireFreeInput } = await import('./step-shell.ts');
  requireFreeInput(input);
  if (process.stdin.isTTY && process.stdout.isTTY) return;
  const stream = process.stdin.isTTY ? 'output' : 'input';
  throw new TsbuildError('USAGE', `--on-error=shell needs a terminal, and standard ${stream} is none`, {
    hint: 'leave it out, or look at a step with `tsbuild debug --at LINE`',
  });
}

/**
 * What a build does when it has failed: tells that with `fail`, then opens the shell that was asked for. The build has
 * failed, whatever the shell ends with.
 */
export function shellOnError(
  { onError }: OnErrorOption,
  { fail, signal }: { fail: (error: unknown) => Promise<void>; signal: AbortSignal },
): BuildSettings['onFailed'] {
  if (onError !== 'shell') return undefined;
  return async (error, shell) => {
    await fail(error);
    if (signal.aborted) return;
    const { stderr } = process;
    if (shell === undefined) {
      stderr.write('no shell is opened: it was not the command of a RUN that failed\n');
      return;
    }
    stderr.write('a shell where the command failed, with what it wrote; the build ends with the shell\n');
    const { shellHere } = await import('./step-shell.ts');
    await shellHere(shell, signal).catch(reportError);
  };
}
