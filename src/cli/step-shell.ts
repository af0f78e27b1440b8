import { TsbuildError } from '../base/error.ts';
import type { OpenShell } from '../build/failed-step.ts';
import { exitCodeOf } from '../containers/exit-code.ts';
import { attachInput, windowSize } from './attach-terminal.ts';

/** A shell cannot read commands from where the build file, the context or a bake file comes from. */
export function requireFreeInput(what: string | undefined): void {
  if (what === undefined) return;
  throw new TsbuildError('USAGE', `standard input is ${what}, and a shell needs it`, {
    hint: `put ${what} into a ${what === 'the context' ? 'directory' : 'file'}`,
  });
}

/** Connects a shell to our own streams until it ends; on a terminal it has one of its own. Returns its exit code. */
export async function shellHere(shell: OpenShell, signal: AbortSignal): Promise<number> {
  const { stdin, stdout, stderr } = process;
  const tty = stdin.isTTY === true && stdout.isTTY === true;
  let detach: () => void = () => undefined;
  try {
    const exit = await shell({
      stdin: 'pipe',
      stdout: (chunk) => stdout.write(chunk),
      stderr: (chunk) => stderr.write(chunk),
      terminal: tty ? (windowSize() ?? DEFAULT_SIZE) : undefined,
      signal,
      onStart: ({ stdin: input, resize }) => {
        detach = attachInput(
          { interactive: true, tty },
          {
            type: (data) => input?.write(data) ?? true,
            end: () => input?.end(),
            drained: (resume) => input?.once('drain', resume),
            resize,
          },
        );
      },
    });
    if ('message' in exit && exit.message !== undefined) stderr.write(`tsbuild: ${exit.message}\n`);
    return exitCodeOf(exit);
  } finally {
    detach();
  }
}

const DEFAULT_SIZE = { rows: 24, columns: 80 };
