import { basic, type SecretHeader, type UrlUse } from '../base/url-credentials.ts';
import { readSecretValue, type SecretSource } from '../ops/mounts/secret.ts';

type Secrets = ReadonlyMap<string, SecretSource>;

/** The user of a token, as the hosts of repositories know it and the reference builder sends it. */
const TOKEN_USER = 'x-access-token';

/** The secrets that BuildKit sends, most specific first: ids for a host, and what their values are. */
const RULES: Readonly<Record<UrlUse, readonly (readonly [id: (host: string) => string, header: Header])[]>> = {
  git: [
    [(host) => `GIT_AUTH_HEADER.${host}`, asItIs],
    [(host) => `GIT_AUTH_TOKEN.${host}`, gitToken],
    [() => 'GIT_AUTH_HEADER', asItIs],
    [() => 'GIT_AUTH_TOKEN', gitToken],
  ],
  http: [
    [(host) => `HTTP_AUTH_HEADER_${host}`, asItIs],
    [(host) => `HTTP_AUTH_TOKEN_${host}`, bearer],
  ],
};

type Header = (value: string) => string;

function asItIs(value: string): string {
  return value;
}

function gitToken(token: string): string {
  return basic(`${TOKEN_USER}:${token}`);
}

function bearer(token: string): string {
  return `Bearer ${token}`;
}

/** What the secrets of a target say of a URL without a user: they are for files and repositories that a build fetches. */
export function secretHeaders(secrets: Secrets = new Map()): SecretHeader {
  return ({ host }, use) => {
    for (const [idOf, header] of RULES[use]) {
      const id = idOf(host);
      const source = secrets.get(id);
      const value = source && readSecretValue(id, source)?.toString('utf8').trim();
      if (value) return header(value);
    }
    return undefined;
  };
}
