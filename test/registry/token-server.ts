import { createPrivateKey, sign, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Certificate } from '../../fixtures/certificate.ts';
import { type LoopbackServer, type SeenRequest, startServer } from './server.ts';

export const SERVICE = 'test-registry';
export const ISSUER = 'test-issuer';

export interface Account {
  user: string;
  password: string;
  /** Accepted instead, as a refresh token. */
  identity: string;
}

export interface TokenServer extends LoopbackServer {
  /** Seconds, for the tokens to come. */
  lifetime: number;
}

interface Access {
  type: string;
  name: string;
  actions: string[];
}

/**
 * A token server as the distribution project specifies it: everybody may pull from `public/…`, the account may do
 * anything. Its tokens are signed with the key of `certificate`.
 */
export async function startTokenServer(certificate: Certificate, account: Account): Promise<TokenServer> {
  let options: TokenServer;
  const server = await startServer((request, response) => {
    const parameters = parametersOf(request);
    const known = isKnown(request, parameters, account);
    if (known === false) return response.writeHead(401).end(JSON.stringify({ details: `bad ${account.password}?` }));
    const scopes = parameters.getAll('scope').flatMap((scope) => scope.split(' '));
    const access = scopes.map(parseScope).map((wanted) => (known ? wanted : anonymous(wanted)));
    const token = jwt(certificate, access, parameters.get('service') ?? '');
    const field = request.method === 'POST' ? 'access_token' : 'token';
    return response.end(JSON.stringify({ [field]: token, expires_in: options.lifetime }));
  });
  options = Object.assign(server, { lifetime: 300 });
  return options;
}

function parametersOf({ method, url, body }: SeenRequest): URLSearchParams {
  return method === 'POST' ? new URLSearchParams(body) : new URL(url, 'http://x').searchParams;
}

/** Undefined for somebody without credentials, false for wrong ones. */
function isKnown(request: SeenRequest, parameters: URLSearchParams, account: Account): boolean | undefined {
  if (request.method === 'POST') return parameters.get('refresh_token') === account.identity;
  const { authorization } = request.headers;
  if (authorization === undefined) return undefined;
  return authorization === `Basic ${Buffer.from(`${account.user}:${account.password}`).toString('base64')}`;
}

function parseScope(scope: string): Access {
  const [type = '', name = '', actions = ''] = scope.split(':');
  return { type, name, actions: actions.split(',') };
}

function anonymous({ type, name, actions }: Access): Access {
  return { type, name, actions: name.startsWith('public/') ? actions.filter((action) => action === 'pull') : [] };
}

function jwt({ certificateFile, keyFile }: Certificate, access: Access[], audience: string): string {
  const now = Math.floor(Date.now() / 1000);
  const x5c = [new X509Certificate(readFileSync(certificateFile)).raw.toString('base64')];
  const header = { typ: 'JWT', alg: 'ES256', x5c };
  const times = { iat: now - 10, nbf: now - 10, exp: now + 300 };
  const claims = { iss: ISSUER, sub: '', aud: audience, jti: String(Math.random()), access, ...times };
  const encoded = [header, claims].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
  const key = createPrivateKey(readFileSync(keyFile));
  return `${encoded}.${sign('sha256', Buffer.from(encoded), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
}
