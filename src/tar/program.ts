import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { isErrno, TsbuildError } from '../base/error.ts';

/** The end of what a program says on its standard error. */
const KEPT_OUTPUT = 2000;

/**
 * What a filter program writes when it reads the source. UNSUPPORTED where the program is not installed, INVALID where
 * it ends with another status than 0. Stopping to read ends the program.
 */
export async function* filterThrough(
  program: string,
  args: readonly string[],
  source: AsyncIterable<Buffer>,
): AsyncGenerator<Buffer> {
  const child = spawn(program, args, { stdio: 'pipe' });
  const ended = outcomeOf(child, program);
  const fed = feed(child, source);
  // Both are awaited below; where the caller stops early, nobody hears of them any more.
  ended.catch(() => undefined);
  fed.catch(() => undefined);
  try {
    yield* child.stdout as AsyncIterable<Buffer>;
    await fed;
    await ended;
  } finally {
    child.kill('SIGKILL');
  }
}

/** Ends well where the program stops reading before the source ends: its status tells what is wrong. */
async function feed(child: ChildProcessWithoutNullStreams, source: AsyncIterable<Buffer>): Promise<void> {
  try {
    await pipeline(Readable.from(source), child.stdin);
  } catch (error) {
    if (isErrno(error, 'EPIPE', 'ECONNRESET', 'ERR_STREAM_PREMATURE_CLOSE')) return;
    child.stdout.destroy(error instanceof Error ? error : undefined);
    throw error;
  }
}

async function outcomeOf(child: ChildProcessWithoutNullStreams, program: string): Promise<void> {
  let output = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    output = (output + text).slice(-KEPT_OUTPUT);
  });
  const [status] = await once(child, 'close').catch((error: unknown) => {
    if (!isErrno(error, 'ENOENT')) throw error;
    throw new TsbuildError('UNSUPPORTED', `the program ${program} is not installed`, {
      cause: error,
      hint: `install ${program} to read or write this compression`,
    });
  });
  if (status !== 0) throw new TsbuildError('INVALID', `${program} failed: ${output.trim() || `status ${status}`}`);
}
