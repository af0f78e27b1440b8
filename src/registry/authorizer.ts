import { TsbuildError } from '../base/error.ts';
import { type Challenge, parseChallenges } from './challenge.ts';
import type { CredentialStore } from './credentials.ts';
import type { Credentials } from './docker-config.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { basic, fetchToken, type Token } from './token.ts';
import type { HttpResponse, Transport } from './transport.ts';

/**
 * Answers one registry's demands for authentication. What the first 401 teaches is used for all later requests;
 * tokens are kept by scope until they expire, and requests that need the same one share it.
 */
export class Authorizer {
  readonly #domain: string;
  readonly #transport: Transport;
  readonly #store: Pick<CredentialStore, 'find'>;
  readonly #policy: RetryPolicy;
  readonly #tokens = new Map<string, Promise<Token>>();
  /** What challenges asked for beyond the scopes of the request that they answered. */
  readonly #unexpected = new Map<string, string[]>();
  #challenge: Challenge | undefined;

  constructor(domain: string, transport: Transport, store: Pick<CredentialStore, 'find'>, policy: RetryPolicy) {
    this.#domain = domain;
    this.#transport = transport;
    this.#store = store;
    this.#policy = policy;
  }

  /** The `Authorization` header for a request that needs `scopes`, as far as is known what the registry wants. */
  async header(scopes: readonly string[]): Promise<string | undefined> {
    if (this.#challenge === undefined) return undefined;
    const { credentials } = await this.#store.find(this.#domain);
    if (this.#challenge.scheme === 'basic') return credentials?.kind === 'password' ? basic(credentials) : undefined;
    if (credentials?.kind === 'bearer') return `Bearer ${credentials.token}`;
    return `Bearer ${await this.#token(this.#challenge, scopes, credentials)}`;
  }

  /** Takes note of a 401. What was `sent` and refused is not sent again. */
  learn(response: HttpResponse, scopes: readonly string[], sent: string | undefined): void {
    const challenges = parseChallenges(response.headers('www-authenticate'));
    this.#challenge =
      challenges.find(({ scheme }) => scheme === 'bearer') ?? challenges.find(({ scheme }) => scheme === 'basic');
    this.#unexpected.set(scopes.join(' '), unexpectedScopes(this.#challenge, scopes));
    if (sent !== undefined && this.#challenge !== undefined) this.#tokens.delete(keyOf(this.#challenge, scopes));
  }

  /** The error for a 401 or 403 that nothing more can be done about. */
  async denied(subject: string, status: number): Promise<TsbuildError> {
    const { credentials } = await this.#store.find(this.#domain);
    const who = credentials === undefined ? 'without credentials' : 'with the credentials at hand';
    return this.#withAdvice(`${subject}: ${this.#domain} denies access ${who} (status ${status})`);
  }

  async #token(challenge: Challenge, scopes: readonly string[], credentials: Credentials | undefined): Promise<string> {
    const key = keyOf(challenge, scopes);
    const known = await this.#tokens.get(key);
    if (known !== undefined && known.expires > performance.now()) return known.value;
    const fetched = this.#fetch(challenge, scopes, credentials);
    this.#tokens.set(key, fetched);
    // Only a token is kept; the next request asks again.
    fetched.catch(() => this.#tokens.delete(key));
    return (await fetched).value;
  }

  async #fetch(challenge: Challenge, scopes: readonly string[], credentials: Credentials | undefined): Promise<Token> {
    try {
      const wanted = [...scopes, ...(this.#unexpected.get(scopes.join(' ')) ?? [])];
      return await withRetries(this.#policy, undefined, () =>
        fetchToken(this.#transport, challenge, wanted, credentials),
      );
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'DENIED') throw error;
      throw await this.#withAdvice(error.message, error);
    }
  }

  async #withAdvice(message: string, cause?: unknown): Promise<TsbuildError> {
    const { problem } = await this.#store.find(this.#domain);
    return new TsbuildError('DENIED', message, {
      cause,
      hint: `check the name, which may not exist; or log in: tsbuild login ${this.#domain}`,
      notes: problem === undefined ? [] : [problem],
    });
  }
}

/**
 * The scopes that a challenge names for resources we did not think of: some registries serve a repository under
 * another name than their token server knows. For those we know, what we want counts.
 */
function unexpectedScopes(challenge: Challenge | undefined, scopes: readonly string[]): string[] {
  const known = new Set(scopes.map(resourceOf));
  const offered = challenge?.parameters.get('scope')?.split(' ') ?? [];
  return offered.filter((scope) => scope !== '' && !known.has(resourceOf(scope)));
}

/** `repository:a/b:pull,push` → `repository:a/b`. */
function resourceOf(scope: string): string {
  return scope.slice(0, Math.max(scope.lastIndexOf(':'), 0));
}

function keyOf(challenge: Challenge, scopes: readonly string[]): string {
  return JSON.stringify([challenge.parameters.get('realm'), challenge.parameters.get('service'), scopes]);
}
