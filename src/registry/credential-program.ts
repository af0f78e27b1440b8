import { spawn } from 'node:child_process';
import { TsbuildError } from '../base/error.ts';
import type { Credentials } from './docker-config.ts';

/** The user name with which a helper says that the secret is an identity token. */
const TOKEN_USER = '<token>';
const NOT_FOUND = /credentials not found/i;
const PROGRAM_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]*$/;
/** A helper may have to ask the user to unlock a key ring. */
const TIMEOUT_MS = 60_000;
const MAX_OUTPUT = 1 << 20;

/**
 * Asks `docker-credential-NAME get` for the credentials of a registry (protocol of docker-credential-helpers):
 * the name on its input, JSON on its output. Undefined where it has none.
 */
export async function askCredentialProgram(
  name: string,
  registry: string,
  env: NodeJS.ProcessEnv,
): Promise<Credentials | undefined> {
  const program = programOf(name);
  const { status, output } = await run(program, 'get', registry, env);
  if (status !== 0 && NOT_FOUND.test(output)) return undefined;
  if (status !== 0) throw failed(program, `it ended with status ${status}`);
  return credentialsOf(program, output);
}

/** Has `docker-credential-NAME` keep credentials. */
export async function storeInCredentialProgram(
  name: string,
  registry: string,
  { username, password }: { username: string; password: string },
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const program = programOf(name);
  const input = JSON.stringify({ ServerURL: registry, Username: username, Secret: password });
  const { status } = await run(program, 'store', input, env);
  if (status !== 0) throw failed(program, `it ended with status ${status}`);
}

/** Has `docker-credential-NAME` forget a registry; one that it does not know is as good as forgotten. */
export async function eraseInCredentialProgram(name: string, registry: string, env: NodeJS.ProcessEnv): Promise<void> {
  const program = programOf(name);
  const { status, output } = await run(program, 'erase', registry, env);
  if (status !== 0 && !NOT_FOUND.test(output)) throw failed(program, `it ended with status ${status}`);
}

function programOf(name: string): string {
  const program = `docker-credential-${name}`;
  if (!PROGRAM_NAME.test(name)) throw failed(program, 'its name is not a program name');
  return program;
}

function credentialsOf(program: string, output: string): Credentials | undefined {
  let answer: { Username?: unknown; Secret?: unknown } | null;
  try {
    answer = JSON.parse(output);
  } catch {
    throw failed(program, 'its answer is not JSON');
  }
  const { Username: username, Secret: secret } = answer ?? {};
  if (typeof username !== 'string' || typeof secret !== 'string' || secret === '') return undefined;
  return username === TOKEN_USER
    ? { kind: 'identity', token: secret }
    : { kind: 'password', username, password: secret };
}

function run(
  program: string,
  action: 'get' | 'store' | 'erase',
  input: string,
  env: NodeJS.ProcessEnv,
): Promise<{ status: number | string; output: string }> {
  return new Promise((done, fail) => {
    // The timer of `timeout` would outlive a program that cannot be started; that of a signal keeps nobody waiting.
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const child = spawn(program, [action], { env, stdio: ['pipe', 'pipe', 'ignore'], signal });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.length > MAX_OUTPUT) child.kill();
    });
    child.on('error', (cause) => {
      fail(failed(program, signal.aborted ? 'it does not answer' : 'it cannot be started', cause));
    });
    child.on('close', (code, killed) => done({ status: code ?? killed ?? 'unknown', output }));
    // A helper that does not read its input still answers.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });
}

/** Never with what the program printed: that may be a secret. */
function failed(program: string, reason: string, cause?: unknown): TsbuildError {
  return new TsbuildError('DENIED', `the credential helper ${program} failed: ${reason}`, { cause });
}
