import { closeSync, mkdirSync, openSync, realpathSync, renameSync, rmSync, statSync, writeSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { isErrno, TsbuildError } from '../base/error.ts';

/** Where a stream of bytes ends: a file that appears when it is complete, a device or pipe, or standard output. */
export interface Destination {
  write(produce: (emit: (chunk: Uint8Array) => void) => Promise<void>): Promise<void>;
  writeAll(source: AsyncIterable<Uint8Array>): Promise<void>;
}

const STDOUT = 1;

/** `-` is standard output, which must not be a terminal. */
export function destinationStream(destination: string): Destination {
  const write = destination === '-' ? writeToStdout : (produce: Produce) => writeToPath(resolve(destination), produce);
  return {
    write,
    writeAll: (source) =>
      write(async (emit) => {
        for await (const chunk of source) emit(chunk);
      }),
  };
}

/** Writes a small file for the user, by the same rules. */
export function writeOutputFile(path: string, text: string): Promise<void> {
  return writeToPath(resolve(path), async (emit) => emit(Buffer.from(text)));
}

type Produce = (emit: (chunk: Uint8Array) => void) => Promise<void>;

async function writeToStdout(produce: Produce): Promise<void> {
  if (process.stdout.isTTY) {
    throw new TsbuildError('USAGE', 'an archive is not written to a terminal', {
      hint: 'name a file: -o FILE or dest=FILE',
    });
  }
  await produce((chunk) => here('standard output', () => writeFully(STDOUT, chunk)));
}

/** A file is replaced by rename, where a link leads; a device, a pipe and what the kernel shows as a file are written. */
async function writeToPath(path: string, produce: Produce): Promise<void> {
  const existing = here(path, () => statSync(path, { throwIfNoEntry: false }));
  if (existing === undefined) return writeToFile(path, path, produce);
  const isReplaced = (existing.isFile() || existing.isDirectory()) && !/^\/(dev|proc)\//.test(path);
  return isReplaced ? writeToFile(path, realpathSync(path), produce) : writeInPlace(path, produce);
}

async function writeToFile(path: string, real: string, produce: Produce): Promise<void> {
  const temporary = join(dirname(real), `.${uniqueName('tsbuild-')}`);
  const fd = here(path, () => {
    mkdirSync(dirname(real), { recursive: true });
    return openSync(temporary, 'wx', 0o644);
  });
  try {
    await produce((chunk) => here(path, () => writeFully(fd, chunk)));
    here(path, () => renameSync(temporary, real));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  } finally {
    closeSync(fd);
  }
}

/** Opening a pipe waits for its reader, and must not keep signals waiting too. */
async function writeInPlace(path: string, produce: Produce): Promise<void> {
  const file = await open(path, 'w').catch((error: unknown) => {
    throw explained(path, error);
  });
  try {
    await produce((chunk) => here(path, () => writeFully(file.fd, chunk)));
  } finally {
    await file.close();
  }
}

/** What the system refuses at the destination, as an error that names it. */
function here<T>(path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw explained(path, error);
  }
}

const REASONS: Readonly<Record<string, string>> = {
  EISDIR: 'it is a directory',
  ENOTEMPTY: 'it is a directory',
  ENOTDIR: 'a file is in the place of a directory',
  EEXIST: 'a file is in the place of a directory',
  EACCES: 'permission denied',
  EPERM: 'operation not permitted',
  EROFS: 'the file system is read-only',
};

function explained(path: string, cause: unknown): unknown {
  if (isErrno(cause, 'ENOSPC', 'EDQUOT', 'EFBIG')) {
    const hint = 'free space, or choose another disk';
    return new TsbuildError('NO_SPACE', `no space left for ${path}`, { cause, hint });
  }
  if (isErrno(cause, 'EPIPE')) {
    return new TsbuildError('INVALID', `cannot write ${path}: its reader went away before the end`, { cause });
  }
  if (!isErrno(cause, ...Object.keys(REASONS))) return cause;
  const code = isErrno(cause, 'EACCES', 'EPERM', 'EROFS') ? 'PERMISSION' : 'INVALID';
  const message = `cannot write ${path}: ${REASONS[cause.code ?? '']}`;
  return new TsbuildError(code, message, { cause, hint: 'choose another destination' });
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
