import { TsbuildError } from '../base/error.ts';
import { readBeginning, readBody } from './body.ts';
import type { Challenge } from './challenge.ts';
import type { Credentials } from './docker-config.ts';
import { sendFollowing } from './redirect.ts';
import { failureOf } from './status.ts';
import type { HttpResponse, Transport } from './transport.ts';

const MAX_ANSWER = 1 << 20;
/** Lifetime in seconds of a token that does not say (distribution, token authentication). */
const DEFAULT_LIFETIME = 60;
/** A token that ends within this many seconds is not used for another request. */
const MARGIN = 10;
const CLIENT_ID = 'tsbuild';
const HEADER_SAFE = /^[\x21-\x7e]+$/;

export interface Token {
  value: string;
  /** Of `performance.now()`. */
  expires: number;
}

/**
 * Gets a bearer token for `scopes` from the server that the challenge names: with an identity token through OAuth 2,
 * else with Basic authentication or anonymously (distribution project, "Token Authentication Specification").
 */
export async function fetchToken(
  transport: Transport,
  challenge: Challenge,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): Promise<Token> {
  const url = realmOf(transport, challenge, credentials);
  const service = challenge.parameters.get('service');
  const response =
    credentials?.kind === 'identity'
      ? await exchange(transport, url, service, scopes, credentials.token)
      : await ask(transport, url, service, scopes, credentials);
  if (response.status !== 200) throw await refusal(response, credentials !== undefined);
  return readToken(response);
}

/** The server of a verified registry must be verified too, where it is to see a password. */
function realmOf(transport: Transport, challenge: Challenge, credentials: Credentials | undefined): URL {
  const realm = challenge.parameters.get('realm') ?? '';
  const url = URL.canParse(realm) ? new URL(realm) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
    throw new TsbuildError('REGISTRY', `the registry names a token server that is not a URL: ${JSON.stringify(realm)}`);
  }
  if (credentials !== undefined && url.protocol === 'http:' && !transport.isInsecure(url)) {
    throw new TsbuildError('REGISTRY', `not sending credentials to the token server ${url.host} without TLS`);
  }
  return url;
}

function ask(
  transport: Transport,
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  credentials: Credentials | undefined,
): Promise<HttpResponse> {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set('service', service);
  for (const scope of scopes) url.searchParams.append('scope', scope);
  if (credentials?.kind !== 'password') return sendFollowing(transport, { method: 'GET', url });
  url.searchParams.set('account', credentials.username);
  return sendFollowing(transport, { method: 'GET', url, headers: { authorization: basic(credentials) } });
}

function exchange(
  transport: Transport,
  url: URL,
  service: string | undefined,
  scopes: readonly string[],
  refreshToken: string,
): Promise<HttpResponse> {
  const form = new URLSearchParams({
    grant_type: 'refresh_token',
    client_id: CLIENT_ID,
    service: service ?? '',
    scope: scopes.join(' '),
    refresh_token: refreshToken,
  });
  const headers = { 'content-type': 'application/x-www-form-urlencoded' };
  return transport.send({ method: 'POST', url, headers, body: form.toString() });
}

export function basic({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString('base64')}`;
}

async function readToken(response: HttpResponse): Promise<Token> {
  const answer = parse((await readBody(response, MAX_ANSWER, undefined)).toString('utf8'));
  const value = answer?.token || answer?.access_token;
  if (typeof value !== 'string' || !HEADER_SAFE.test(value)) {
    throw new TsbuildError('REGISTRY', `the token server ${response.url.host} answered without a token`);
  }
  const lifetime = typeof answer?.expires_in === 'number' ? answer.expires_in : DEFAULT_LIFETIME;
  return { value, expires: performance.now() + (lifetime - MARGIN) * 1000 };
}

function parse(text: string): { token?: unknown; access_token?: unknown; expires_in?: unknown } | null {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

async function refusal(response: HttpResponse, withCredentials: boolean): Promise<Error> {
  const { status, url } = response;
  if (status === 429 || status >= 500) return failureOf(response, `the token server ${url.host}`);
  // The text may echo what was sent, which is a password here.
  await readBeginning(response, 0);
  const what = withCredentials ? 'refused the credentials' : 'gives no anonymous access';
  return new TsbuildError('DENIED', `the token server ${url.host} ${what} (status ${status})`);
}
