import { closeSync, mkdirSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';

/** Where a stream of bytes ends: a file that appears when it is complete, or standard output. */
export interface Destination {
  write(produce: (emit: (chunk: Uint8Array) => void) => Promise<void>): Promise<void>;
  writeAll(source: AsyncIterable<Uint8Array>): Promise<void>;
}

const STDOUT = 1;

/** `-` is standard output, which must not be a terminal. */
export function destinationStream(destination: string): Destination {
  const write = destination === '-' ? writeToStdout : (produce: Produce) => writeToFile(resolve(destination), produce);
  return {
    write,
    writeAll: (source) =>
      write(async (emit) => {
        for await (const chunk of source) emit(chunk);
      }),
  };
}

type Produce = (emit: (chunk: Uint8Array) => void) => Promise<void>;

async function writeToStdout(produce: Produce): Promise<void> {
  if (process.stdout.isTTY) {
    throw new TsbuildError('USAGE', 'an archive is not written to a terminal', {
      hint: 'name a file: -o FILE or dest=FILE',
    });
  }
  await produce((chunk) => writeFully(STDOUT, chunk));
}

async function writeToFile(path: string, produce: Produce): Promise<void> {
  const temporary = join(dirname(path), `.${uniqueName('tsbuild-')}`);
  const fd = here(path, () => {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(temporary, 'wx', 0o644);
  });
  try {
    await produce((chunk) => here(path, () => writeFully(fd, chunk)));
    here(path, () => renameSync(temporary, path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** What the system refuses at the destination, as an error that names it. */
function here<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (cause) {
    if (isErrno(cause, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
      const hint = 'free space, or choose another disk';
      throw new TsbuildError('NO_SPACE', `no space left for ${path}`, { cause, hint });
    }
    if (isErrno(cause, 'EISDIR', 'ENOTEMPTY')) throw refused(path, 'it is a directory', cause);
    if (isErrno(cause, 'ENOTDIR', 'EEXIST')) throw refused(path, 'a file is in the place of a directory', cause);
    throw cause;
  }
}

function refused(path: string, reason: string, cause: Error): TsbuildError {
  return new TsbuildError('INVALID', `cannot write ${path}: ${reason}`, { cause, hint: 'choose another destination' });
}

/** A pipe that is full answers EAGAIN where it was made non-blocking by somebody else. */
function writeFully(fd: number, chunk: Uint8Array): void {
  for (let offset = 0; offset < chunk.length; ) {
    try {
      offset += writeSync(fd, chunk, offset);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PIPE_FULL_MS);
    }
  }
}

const PIPE_FULL_MS = 5;
