import { type ChildProcess, spawn } from 'node:child_process';
import { TsbuildError } from '../base/error.ts';
import { withoutCredentials } from '../base/url-credentials.ts';

export interface GitRun {
  directory: string;
  environment: NodeJS.ProcessEnv;
  signal: AbortSignal;
  /** Gets what git says while it works. */
  log?: ((data: Buffer) => void) | undefined;
}

/** What git answered with a status that is not 0. */
export class GitFailure extends Error {
  readonly status: number | null;
  /** What it said last, as one line without credentials. */
  readonly reason: string;

  constructor(status: number | null, stderr: string) {
    const lines = stderr.split('\n').map((line) => line.trim());
    const reason =
      lines.findLast((line) => /^(fatal|error|ssh|remote error):/i.test(line)) ?? lines.findLast(Boolean) ?? '';
    super(reason);
    this.status = status;
    this.reason = withoutCredentials(reason.replace(/^(fatal|error): /i, ''));
  }
}

/** Bytes of output that are kept: enough for the names of a hundred thousand branches. */
const MAX_OUTPUT = 16 * 1024 * 1024;
const MAX_MESSAGES = 64 * 1024;
/** What a shell ends with where there is no such program. */
const NO_PROGRAM = 127;

/**
 * Runs git and returns its standard output. What it makes has the modes of umask 022, whatever ours is. GitFailure
 * where it fails, NOT_FOUND where it is not installed, CANCELLED by the signal.
 */
export async function runGit(
  args: readonly string[],
  { directory, environment, signal, log }: GitRun,
): Promise<string> {
  signal.throwIfAborted();
  const child = spawn('/bin/sh', ['-c', 'umask 022; exec git "$@"', 'git', ...args], {
    cwd: directory,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  const abort = () => endGroup(child);
  signal.addEventListener('abort', abort, { once: true });
  const output = collect(child, 'stdout', MAX_OUTPUT, abort);
  const messages = collect(child, 'stderr', MAX_MESSAGES, () => undefined, log);
  try {
    const status = await new Promise<number | null>((done, fail) => child.on('error', fail).on('close', done));
    signal.throwIfAborted();
    if (output.overflowed) throw new GitFailure(status, 'fatal: the answer is too long');
    if (status === 0) return output.text();
    if (status === NO_PROGRAM) throw noGit();
    throw new GitFailure(status, messages.text());
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

/** With the programs that git has started. */
function endGroup({ pid }: ChildProcess): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended by itself.
  }
}

function collect(
  child: ChildProcess,
  name: 'stdout' | 'stderr',
  limit: number,
  onOverflow: () => void,
  log?: (data: Buffer) => void,
) {
  const chunks: Buffer[] = [];
  let size = 0;
  child[name]?.on('data', (chunk: Buffer) => {
    log?.(chunk);
    size += chunk.length;
    if (size <= limit) chunks.push(chunk);
    else onOverflow();
  });
  return {
    get overflowed() {
      return size > limit;
    },
    text: () => Buffer.concat(chunks).toString('utf8'),
  };
}

function noGit(): TsbuildError {
  return new TsbuildError('NOT_FOUND', 'the program git is not installed', {
    hint: 'install it (on Debian: apt-get install git), or download an archive of the repository instead',
  });
}
