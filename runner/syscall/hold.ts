import { SYS } from './numbers.ts';
import type { Program } from './program.ts';
import { type Launcher, startLauncher } from './run.ts';

/**
 * Performs a program in a process that then stays, for what it has made to be reached through it, until its control is
 * ended. Undefined where a call failed.
 */
export async function hold(program: Program): Promise<Launcher | undefined> {
  const word = program.reserve(8);
  program.call(SYS.write, [4, word, 8], { what: 'report to the parent' });
  program.call(SYS.read, [3, word, 8], { failed: 'next' });
  program.call(SYS.exit, [0]);
  const holder = await startLauncher(program, ['ignore', 'ignore', 'ignore']);
  const isMade = await new Promise<boolean>((resolve) => {
    holder.reports.once('data', (data: Buffer) => resolve(data.length === 8));
    holder.ended.then(() => resolve(false));
  });
  return isMade ? holder : undefined;
}
