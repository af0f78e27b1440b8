import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { isLoopback } from './host.ts';
import { networkError } from './network-error.ts';
import { cancelled } from './retry.ts';
import { readAuthority, trustedAuthorities } from './trust.ts';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PATCH' | 'PUT';
  url: URL;
  headers?: Readonly<Record<string, string>> | undefined;
  body?: Readable | Uint8Array | string | undefined;
  signal?: AbortSignal | undefined;
}

/** A response whose body has to be read, destroyed or discarded, or its connection stays taken. */
export interface HttpResponse {
  /** Of the last request, after redirects. */
  url: URL;
  status: number;
  /** The values of a header, by its lower-case name. */
  headers(name: string): readonly string[];
  header(name: string): string | undefined;
  body: Readable;
  /** Lets go of the body unread. */
  discard(): Promise<void>;
}

/** Times in milliseconds. */
export interface TransportOptions {
  /** Proxies and certificates come from here. */
  env: NodeJS.ProcessEnv;
  /** `HOST[:PORT]`s that are reached without a verified certificate and without a proxy. */
  insecure: readonly string[];
  /** By `HOST[:PORT]`, a file of authorities that are trusted there beside the usual ones. */
  authorities: ReadonlyMap<string, string>;
  /** Whether all of loopback is reached so, too. */
  insecureLoopback: boolean;
  connectTimeout: number;
  headersTimeout: number;
  /** How long the answer to an upload may take: a registry may first move the content to a storage service. */
  commitTimeout: number;
  /** Longest silence inside a body. */
  idleTimeout: number;
}

const DISCARD_LIMIT = 64 * 1024;
/** A body that does not come in this time, in milliseconds, costs its connection: a new one is made sooner. */
const DISCARD_TIME = 500;

/** Connections to servers: one exchange per call, without redirects, authentication or repetition. */
export class Transport {
  readonly #options: TransportOptions;
  /** For servers that are verified, by the file of their own authorities; '' for those that have none. */
  readonly #verified = new Map<string, Dispatcher>();
  #insecure: Dispatcher | undefined;

  constructor(options: TransportOptions) {
    this.#options = options;
  }

  /** Errors are NETWORK (in a TransientError where it may pass) and CANCELLED; any status is a response. */
  async send({ method, url, headers, body, signal }: HttpRequest): Promise<HttpResponse> {
    if (signal?.aborted) throw cancelled(signal);
    try {
      const options = { method, headers: { 'user-agent': 'tsbuild', ...headers }, body, signal } as const;
      const path = url.pathname + url.search;
      const headersTimeout = method === 'PUT' ? this.#options.commitTimeout : this.#options.headersTimeout;
      const dispatcher = this.#dispatcher(url);
      const response = await dispatcher.request({ origin: url.origin, path, headersTimeout, ...options });
      return asResponse(url, response);
    } catch (error) {
      throw networkError(error, url, signal);
    }
  }

  get idleTimeout(): number {
    return this.#options.idleTimeout;
  }

  isInsecure(url: URL): boolean {
    const { insecure, insecureLoopback } = this.#options;
    if (this.#options.authorities.has(url.host)) return false;
    return (insecureLoopback && isLoopback(url.hostname)) || insecure.includes(url.host);
  }

  async close(): Promise<void> {
    const dispatchers = [...this.#verified.values(), this.#insecure];
    await Promise.all(dispatchers.map((dispatcher) => dispatcher?.destroy()));
  }

  #dispatcher(url: URL): Dispatcher {
    const authority = this.#options.authorities.get(url.host) ?? '';
    if (authority === '' && this.isInsecure(url)) {
      const { connectTimeout: timeout, idleTimeout: bodyTimeout } = this.#options;
      this.#insecure ??= new Agent({ bodyTimeout, connect: { timeout, rejectUnauthorized: false } });
      return this.#insecure;
    }
    const verified = this.#verified.get(authority) ?? this.#proxyAware(authority);
    this.#verified.set(authority, verified);
    return verified;
  }

  #proxyAware(authority: string): Dispatcher {
    const { env, connectTimeout: timeout, idleTimeout: bodyTimeout } = this.#options;
    const usual = trustedAuthorities(env);
    const ca = authority === '' ? usual : [...usual, readAuthority(authority)];
    return new EnvHttpProxyAgent({
      bodyTimeout,
      connect: { timeout, ca },
      requestTls: { ca },
      proxyTls: { ca: usual },
      httpProxy: env.http_proxy ?? env.HTTP_PROXY ?? '',
      httpsProxy: env.https_proxy ?? env.HTTPS_PROXY ?? '',
      noProxy: unproxiedHosts(env),
    });
  }
}

/** `NO_PROXY` and loopback, which for a proxy is another machine. */
function unproxiedHosts(env: NodeJS.ProcessEnv): string {
  const hosts = (env.no_proxy ?? env.NO_PROXY ?? '').trim();
  return hosts === '*' ? hosts : [hosts, 'localhost', '127.0.0.1', '[::1]'].join(',');
}

function asResponse(url: URL, { statusCode, headers, body }: Dispatcher.ResponseData): HttpResponse {
  // A body that fails before anybody reads it, or after, must not end the process; its reader sees the error.
  body.on('error', () => {});
  const values = (name: string): readonly string[] => [headers[name] ?? []].flat();
  return {
    url,
    status: statusCode,
    headers: values,
    header: (name) => values(name)[0],
    body,
    async discard() {
      const signal = AbortSignal.timeout(DISCARD_TIME);
      await body.dump({ limit: DISCARD_LIMIT, signal }).catch(() => body.destroy());
    },
  };
}
