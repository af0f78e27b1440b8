import { closeSync, fstatSync, openSync, statSync } from 'node:fs';
import { type LockMode, lockAll } from '../../runner/syscall/index.ts';
import { onStorage } from './storage-error.ts';

export interface LockFile {
  path: string;
  mode: LockMode;
}

/** Locks between processes on one file or several, which end with `release` or with the death of the process. */
export class FileLock {
  readonly #fds: readonly number[];

  private constructor(fds: readonly number[]) {
    this.#fds = fds;
  }

  /** Waits for the locks, one after the other in the order given, which has to be the same in all processes. */
  static async take(...files: LockFile[]): Promise<FileLock> {
    return FileLock.takeAll(files);
  }

  /** As `take`; stops waiting when the signal says so, which throws CANCELLED. */
  static async takeAll(files: readonly LockFile[], signal?: AbortSignal): Promise<FileLock> {
    for (;;) {
      const fds = await lockFiles(files, true, signal);
      if (fds !== undefined && areNamed(fds, files)) return new FileLock(fds);
      closeAll(fds ?? []);
    }
  }

  /** Undefined where another process, or another lock of this one, holds the file. */
  static async tryTake(file: LockFile): Promise<FileLock | undefined> {
    for (;;) {
      const fds = await lockFiles([file], false);
      if (fds === undefined) return undefined;
      if (areNamed(fds, [file])) return new FileLock(fds);
      closeAll(fds);
    }
  }

  release(): void {
    closeAll(this.#fds);
  }
}

async function lockFiles(
  files: readonly LockFile[],
  wait: boolean,
  signal?: AbortSignal,
): Promise<number[] | undefined> {
  const fds: number[] = [];
  let locked = false;
  try {
    for (const { path } of files) fds.push(onStorage(() => openSync(path, 'a', 0o600)));
    locked = await lockAll(
      files.map(({ mode }, index) => ({ mode, fd: fds[index] as number })),
      wait,
      signal,
    );
  } finally {
    if (!locked) closeAll(fds);
  }
  return locked ? fds : undefined;
}

/** Who had a lock before us may have removed its file: then a third process can lock a new file of that name. */
function areNamed(fds: readonly number[], files: readonly LockFile[]): boolean {
  return files.every(({ path }, index) => {
    const named = statSync(path, { throwIfNoEntry: false });
    return named !== undefined && named.ino === fstatSync(fds[index] as number).ino;
  });
}

function closeAll(fds: readonly number[]): void {
  for (const fd of fds) closeSync(fd);
}
