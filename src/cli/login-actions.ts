import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { TsbuildError } from '../base/error.ts';
import { parseReference } from '../oci/reference.ts';
import { type LoginPlace, RegistryClient, removeLogin, storeLogin } from '../registry/index.ts';

export interface LoginArguments {
  server: string;
  username?: string | undefined;
  password?: string | undefined;
  passwordStdin?: boolean | undefined;
}

/** Tries the credentials, and keeps them where docker and its relatives find them too. */
export async function loginAction(argv: LoginArguments): Promise<number> {
  const domain = domainOf(argv.server);
  const login = await askMissing(argv);
  const client = new RegistryClient();
  try {
    await client.checkLogin(domain, login);
  } finally {
    await client.close();
  }
  const place = await storeLogin(domain, login, process.env);
  process.stdout.write(`logged in to ${domain}: ${shown(place)}\n`);
  return 0;
}

export async function logoutAction({ server }: { server: string }): Promise<number> {
  const domain = domainOf(server);
  const removed = await removeLogin(domain, process.env);
  process.stdout.write(removed ? `logged out of ${domain}\n` : `not logged in to ${domain}\n`);
  return 0;
}

function shown(place: LoginPlace): string {
  if ('helper' in place) return `docker-credential-${place.helper} keeps the password`;
  return `the password is in ${place.file}, where who can read the file can read it`;
}

/** What stands before the first slash of an image name; a URL is taken for its host. */
function domainOf(server: string): string {
  const host = server.replace(/^https?:\/\//, '').replace(/\/.*$/, '');
  if (host === 'docker.io' || host.endsWith('.docker.io')) return 'docker.io';
  if (/^[A-Za-z0-9.:[\]-]+$/.test(host) && parseReference(`${host}/x`).domain === host) return host;
  throw new TsbuildError('INVALID', `${JSON.stringify(server)} is not the host of a registry`, {
    hint: 'give HOST[:PORT] as it stands in image names, e.g. registry.example.com:5000',
  });
}

async function askMissing(argv: LoginArguments): Promise<{ username: string; password: string }> {
  if (argv.password !== undefined && argv.passwordStdin) {
    throw new TsbuildError('USAGE', '--password and --password-stdin exclude each other');
  }
  if (argv.passwordStdin && argv.username === undefined) {
    throw new TsbuildError('USAGE', '--password-stdin needs a user name', { hint: 'give it with -u NAME' });
  }
  const username = argv.username ?? (await ask('User name: ', { hidden: false }));
  const given = argv.passwordStdin ? readFileSync(0, 'utf8').replace(/\r?\n$/, '') : argv.password;
  const password = given ?? (await ask('Password: ', { hidden: true }));
  if (username === '' || password === '') throw new TsbuildError('USAGE', 'user name and password must not be empty');
  return { username, password };
}

async function ask(question: string, { hidden }: { hidden: boolean }): Promise<string> {
  if (!process.stdin.isTTY) {
    throw new TsbuildError('USAGE', 'there is no terminal to ask for user name and password', {
      hint: 'give them with -u NAME --password-stdin',
    });
  }
  process.stderr.write(question);
  const echo = new Writable({
    write(chunk, _, done) {
      if (!hidden) process.stderr.write(chunk);
      done();
    },
  });
  const lines = createInterface({ input: process.stdin, output: echo, terminal: true });
  try {
    return await new Promise((answered, failed) => {
      lines.once('line', answered);
      lines.once('close', () => failed(new TsbuildError('CANCELLED', 'no answer')));
    });
  } finally {
    lines.close();
    if (hidden) process.stderr.write('\n');
  }
}
