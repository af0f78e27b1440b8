import { constants } from 'node:os';
import { newProgram } from './batch.ts';
import { systemError } from './errno.ts';
import { SYS } from './numbers.ts';
import type { Label, Program } from './program.ts';
import { runProgram } from './run.ts';

export type LockMode = 'shared' | 'exclusive';

export interface LockItem {
  /** An open descriptor of ours; the lock belongs to its open file description and ends with that. */
  fd: number;
  mode: LockMode;
}

const FLOCK = { shared: 1, exclusive: 2 };
const LOCK_NB = 4;
const LOCK_UN = 8;
/** Where a program finds the first descriptor that is handed to it. */
const FIRST_DESCRIPTOR = 5;

/**
 * Locks a file as flock(2) does: released when the descriptor is closed, or by the kernel when we die.
 * Without `wait`, returns false where another open file description holds it.
 */
export function lock(fd: number, mode: LockMode, wait: boolean, signal?: AbortSignal): Promise<boolean> {
  return lockAll([{ fd, mode }], wait, signal);
}

/** Locks several files in the given order, all or (without `wait`) none. Two processes must use the same order. */
export async function lockAll(items: readonly LockItem[], wait: boolean, signal?: AbortSignal): Promise<boolean> {
  const program = lockProgram(items, wait);
  const output = await runProgram(program, { descriptors: items.map((item) => item.fd), signal });
  const result = Number(output.readBigInt64LE(0));
  if (result < 0 && (wait || result !== -constants.errno.EAGAIN)) throw systemError('flock', -result);
  return result === 0;
}

function lockProgram(items: readonly LockItem[], wait: boolean): Program {
  const program = newProgram();
  const result = program.reserve(8);
  const undo = items.map(() => program.label());
  items.forEach(({ mode }, index) => {
    const operation = FLOCK[mode] | (wait ? 0 : LOCK_NB);
    program.call(SYS.flock, [FIRST_DESCRIPTOR + index, operation], { store: result, failed: undo[index] });
  });
  const report = program.label();
  program.jump(report);
  for (let index = items.length - 1; index >= 0; index -= 1) {
    program.place(undo[index] as Label);
    if (index > 0) program.call(SYS.flock, [FIRST_DESCRIPTOR + index - 1, LOCK_UN], { failed: 'next' });
  }
  program.place(report);
  program.call(SYS.write, [4, result, 8], { what: 'write the result' });
  program.call(SYS.exit, [0]);
  return program;
}
