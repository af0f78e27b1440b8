import type { WindowSize } from '../../runner/index.ts';

/** Where what is typed goes. */
export interface InputTarget {
  /** False where one should wait for `drained` before more is typed. */
  type: (data: Buffer) => boolean;
  end: () => void;
  drained: (resume: () => void) => void;
  resize: (size: WindowSize) => void;
}

/** The size of our own terminal; undefined where we have none. */
export function windowSize(): WindowSize | undefined {
  const { rows, columns } = process.stdout;
  return process.stdout.isTTY && rows > 0 && columns > 0 ? { rows, columns } : undefined;
}

/**
 * Passes standard input on to a program, and the size of our terminal; a terminal of its own gets every key as it is
 * pressed. Returns what puts everything back.
 */
export function attachInput(
  { interactive, tty }: { interactive: boolean; tty: boolean },
  target: InputTarget,
): () => void {
  const { stdin, stdout } = process;
  const resized = () => {
    const size = windowSize();
    if (size !== undefined) target.resize(size);
  };
  if (tty) stdout.on('resize', resized);
  if (!interactive) return () => void stdout.off('resize', resized);
  const isRaw = tty && stdin.isTTY;
  if (isRaw) stdin.setRawMode(true);
  const typed = (data: Buffer) => {
    if (target.type(data)) return;
    stdin.pause();
    target.drained(() => stdin.resume());
  };
  stdin.on('data', typed);
  stdin.once('end', target.end);
  return () => {
    stdout.off('resize', resized);
    stdin.off('data', typed);
    if (isRaw) stdin.setRawMode(false);
    // Or it keeps this process from ending.
    stdin.destroy();
  };
}
