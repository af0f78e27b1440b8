import { spawn } from 'node:child_process';
import { isErrno } from '../base/error.ts';

export interface Ended {
  /** Milliseconds from start to exit. */
  wall: number;
  code: number | null;
  stdout: string;
  /** The end of what it said on standard error. */
  stderr: string;
}

/** Characters of output that are kept. */
const MAX_OUTPUT = 64 * 1024;

/** Runs a program to its end. Undefined where there is none of that name. */
export function runProgram(
  [program = '', ...args]: readonly string[],
  { env, signal, stdin = '' }: { env: NodeJS.ProcessEnv; signal: AbortSignal; stdin?: string },
): Promise<Ended | undefined> {
  signal.throwIfAborted();
  return new Promise((done, fail) => {
    const started = performance.now();
    const child = spawn(program, args, { env, stdio: 'pipe' });
    const stop = () => child.kill('SIGTERM');
    signal.addEventListener('abort', stop, { once: true });
    let [stdout, stderr] = ['', ''];
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout = (stdout + text).slice(-MAX_OUTPUT);
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr = (stderr + text).slice(-MAX_OUTPUT);
    });
    child.stdin.on('error', () => undefined).end(stdin);
    child.on('error', (error) => (isErrno(error, 'ENOENT') ? done(undefined) : fail(error)));
    child.on('close', (code) => {
      signal.removeEventListener('abort', stop);
      if (signal.aborted) fail(signal.reason);
      else done({ wall: performance.now() - started, code, stdout, stderr });
    });
  });
}

/** The line that says why a program failed: the last one that has the word, or the last one. */
export function lastWords({ stderr, code }: Ended): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.findLast((line) => /error/i.test(line)) ?? lines.at(-1) ?? `exit code ${code}`;
}
