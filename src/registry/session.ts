import type { Readable } from 'node:stream';
import type { Authorizer } from './authorizer.ts';
import { apiHost } from './host.ts';
import { isHandshakeFailure } from './network-error.ts';
import { resolveLocation, sendFollowing } from './redirect.ts';
import { cancelled, type RetryPolicy, TransientError } from './retry.ts';
import type { HttpRequest, HttpResponse, Transport } from './transport.ts';

export interface ApiRequest {
  method: HttpRequest['method'];
  /** Below `/v2/`, or a URL that the registry gave for what comes next. */
  target: string | URL;
  /** What a token has to allow, e.g. `repository:library/debian:pull`. */
  scopes: readonly string[];
  headers?: Readonly<Record<string, string>> | undefined;
  /** Makes the body anew for each attempt. */
  body?: (() => Readable | Uint8Array) | undefined;
  signal?: AbortSignal | undefined;
}

/** One registry's API: where it is, in which protocol, and who we are there. */
export class Session {
  readonly domain: string;
  readonly policy: RetryPolicy;
  readonly authorizer: Authorizer;
  /** Milliseconds. */
  readonly idleTimeout: number;
  readonly #transport: Transport;
  /** Where the user says that the API is. */
  readonly #url: URL | undefined;
  #base: Promise<URL> | undefined;

  constructor(domain: string, transport: Transport, authorizer: Authorizer, policy: RetryPolicy, url?: URL) {
    this.#url = url;
    this.domain = domain;
    this.policy = policy;
    this.authorizer = authorizer;
    this.#transport = transport;
    this.idleTimeout = transport.idleTimeout;
  }

  /**
   * Sends a request, authenticated as the registry wants it, and returns whatever response comes in the end.
   * Throws TransientError where the exchange broke.
   */
  async send(request: ApiRequest): Promise<HttpResponse> {
    const { signal } = request;
    const base = await abortable(this.#apiBase(), signal);
    const url = typeof request.target === 'string' ? new URL(request.target, base) : request.target;
    // What leaves the registry's origin, such as an upload to a storage service, is authorised by its URL.
    if (url.origin !== base.origin) return this.#exchange(request, url, undefined);
    const first = await abortable(this.authorizer.header(request.scopes), signal);
    const response = await this.#exchange(request, url, first);
    if (response.status !== 401 || response.url.origin !== base.origin) return response;
    this.authorizer.learn(response, request.scopes, first);
    const second = await abortable(this.authorizer.header(request.scopes), signal);
    if (second === undefined || second === first) return response;
    await response.discard();
    return this.#exchange(request, url, second);
  }

  /**
   * The absolute URL of a `Location` that the registry answered with. A registry behind a server that speaks https for
   * it may not know, and say http: its own host is asked in https nevertheless.
   */
  resolve(location: string, response: HttpResponse): URL {
    const { protocol, host } = response.url;
    const own = `http://${host}/`;
    if (protocol === 'https:' && location.startsWith(own)) {
      return resolveLocation(`https://${host}/${location.slice(own.length)}`, response.url);
    }
    return resolveLocation(location, response.url);
  }

  #exchange({ method, headers, body, signal }: ApiRequest, url: URL, authorization?: string): Promise<HttpResponse> {
    const all = { ...headers, ...(authorization !== undefined && { authorization }) };
    const request: HttpRequest = { method, url, headers: all, body: body?.(), signal };
    return method === 'GET' || method === 'HEAD'
      ? sendFollowing(this.#transport, request)
      : this.#transport.send(request);
  }

  #apiBase(): Promise<URL> {
    const base = this.#base ?? this.#findBase();
    this.#base = base;
    base.catch(() => {
      this.#base = undefined;
    });
    return base;
  }

  /** https; an insecure host is asked in https first, and in http if it does not speak that, as Docker does. */
  async #findBase(): Promise<URL> {
    if (this.#url !== undefined) return new URL('v2/', this.#url.href.replace(/\/*$/, '/'));
    const secure = new URL(`https://${apiHost(this.domain)}/v2/`);
    if (!this.#transport.isInsecure(secure)) return secure;
    try {
      const response = await this.#transport.send({ method: 'GET', url: secure });
      await response.discard();
      return secure;
    } catch (error) {
      if (isHandshakeFailure(error)) return new URL(`http://${apiHost(this.domain)}/v2/`);
      throw error instanceof TransientError ? error.error : error;
    }
  }
}

/** Waits for work that others share, which one caller's signal must not stop. */
async function abortable<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (signal === undefined) return work;
  if (signal.aborted) throw cancelled(signal);
  let abort = (): void => {};
  const aborted = new Promise<never>((_, fail) => {
    abort = () => fail(cancelled(signal));
    signal.addEventListener('abort', abort, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
