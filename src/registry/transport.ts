import type { Readable } from 'node:stream';
import { Agent, type Dispatcher, EnvHttpProxyAgent } from 'undici';
import { isLoopback } from './host.ts';
import { networkError } from './network-error.ts';
import { cancelled } from './retry.ts';
import { trustedAuthorities } from './trust.ts';

export interface HttpRequest {
  method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE';
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

/** Connections to servers: one exchange per call, without redirects, authentication or repetition. */
export class Transport {
  readonly #options: TransportOptions;
  #verified: Dispatcher | undefined;
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
    return (insecureLoopback && isLoopback(url.hostname)) || insecure.includes(url.host);
  }

  async close(): Promise<void> {
    await Promise.all([this.#verified?.destroy(), this.#insecure?.destroy()]);
  }

  #dispatcher(url: URL): Dispatcher {
    if (this.isInsecure(url)) {
      const { connectTimeout: timeout, idleTimeout: bodyTimeout } = this.#options;
      this.#insecure ??= new Agent({ bodyTimeout, connect: { timeout, rejectUnauthorized: false } });
      return this.#insecure;
    }
    this.#verified ??= this.#proxyAware();
    return this.#verified;
  }

  #proxyAware(): Dispatcher {
    const { env, connectTimeout: timeout, idleTimeout: bodyTimeout } = this.#options;
    const ca = trustedAuthorities(env);
    return new EnvHttpProxyAgent({
      bodyTimeout,
      connect: { timeout, ca },
      requestTls: { ca },
      proxyTls: { ca },
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
      await body.dump({ limit: DISCARD_LIMIT }).catch(() => body.destroy());
    },
  };
}
