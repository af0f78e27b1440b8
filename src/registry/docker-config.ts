import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { isErrno, TsbuildError } from '../base/error.ts';

/** What a registry is told about who we are. */
export type Credentials =
  | { kind: 'password'; username: string; password: string }
  /** A refresh token, which the token server changes into access tokens. */
  | { kind: 'identity'; token: string }
  /** A token that goes to the registry as it is. */
  | { kind: 'bearer'; token: string };

/** The parts of Docker's `config.json` that are about registries. Keys are lower-case hosts without protocol and path. */
export interface DockerConfig {
  auths: ReadonlyMap<string, Credentials>;
  helpers: ReadonlyMap<string, string>;
  defaultHelper: string | undefined;
}

type Fields = Record<string, unknown>;

/** Reads `$DOCKER_CONFIG/config.json`, else `~/.docker/config.json`; without the file there are no credentials. */
export function readDockerConfig(env: NodeJS.ProcessEnv): DockerConfig {
  const { root } = readDockerDocument(env);
  const auths = entriesOf(root.auths).flatMap(([key, entry]) => {
    const credentials = credentialsOf(fieldsOf(entry));
    return credentials === undefined ? [] : [[hostOf(key), credentials] as const];
  });
  const helpers = entriesOf(root.credHelpers).flatMap(([key, program]) =>
    typeof program === 'string' ? [[hostOf(key), program] as const] : [],
  );
  return { auths: new Map(auths), helpers: new Map(helpers), defaultHelper: textOf(root.credsStore) };
}

/** The whole of Docker's `config.json`, with what is not ours in it. */
export function readDockerDocument(env: NodeJS.ProcessEnv): { path: string; root: Fields } {
  const directory = env.DOCKER_CONFIG || join(env.HOME || homedir(), '.docker');
  const path = join(directory, 'config.json');
  return { path, root: parse(readIfThere(path), path) };
}

/** `https://index.docker.io/v1/` and `index.docker.io` name the same registry, as they do for Docker. */
export function hostOf(key: string): string {
  return key
    .toLowerCase()
    .replace(/^https?:\/\//, '')
    .replace(/\/.*$/, '');
}

function credentialsOf(entry: Fields): Credentials | undefined {
  const identity = textOf(entry.identitytoken);
  if (identity !== undefined) return { kind: 'identity', token: identity };
  const bearer = textOf(entry.registrytoken);
  if (bearer !== undefined) return { kind: 'bearer', token: bearer };
  const [username, password] = decodeAuth(textOf(entry.auth)) ?? [textOf(entry.username), textOf(entry.password)];
  if (username === undefined || password === undefined) return undefined;
  return { kind: 'password', username, password };
}

/** `auth` is the base64 of `username:password`. */
function decodeAuth(auth: string | undefined): [username: string, password: string] | undefined {
  const text = Buffer.from(auth ?? '', 'base64')
    .toString('utf8')
    .replace(/\0+$/, '');
  const colon = text.indexOf(':');
  return colon <= 0 ? undefined : [text.slice(0, colon), text.slice(colon + 1)];
}

function parse(text: string | undefined, path: string): Fields {
  try {
    return fieldsOf(JSON.parse(text ?? '{}'));
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    // The parser's message quotes the text, which holds passwords.
    throw new TsbuildError('INVALID', `${path} is not JSON`, { hint: 'correct it, or log in again' });
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ENOTDIR')) return undefined;
    throw error;
  }
}

export function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Fields) : {};
}

function entriesOf(value: unknown): [string, unknown][] {
  return Object.entries(fieldsOf(value));
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}
