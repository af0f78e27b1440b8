import { bodyChunks } from './body.ts';
import { type HttpOptions, withDefaults } from './options.ts';
import { sendFollowing } from './redirect.ts';
import { type RetryPolicy, TransientError, withRetries } from './retry.ts';
import { failureOf } from './status.ts';
import { type HttpResponse, Transport } from './transport.ts';

export interface HttpGet {
  method?: 'GET' | 'HEAD' | undefined;
  headers?: Readonly<Record<string, string>> | undefined;
  signal?: AbortSignal | undefined;
}

export interface HttpDocument {
  /** After redirects. */
  url: URL;
  /** 200 to 399: a server that was asked for nothing older may answer 304. */
  status: number;
  /** By its lower-case name. */
  header(name: string): string | undefined;
  /** The body as it is, without undoing a content coding. Read it or `discard` it. */
  chunks(): AsyncGenerator<Buffer>;
  discard(): Promise<void>;
}

/** Fetches plain URLs with the connections, proxies, certificates and patience that registries get. */
export class HttpClient {
  readonly #transport: Transport;
  readonly #policy: RetryPolicy;

  constructor(options: HttpOptions = {}) {
    const { transport, policy } = withDefaults(options);
    this.#transport = new Transport({ ...transport, insecureLoopback: false });
    this.#policy = policy;
  }

  /** Throws NOT_FOUND, DENIED, REGISTRY (any other refusal) and NETWORK. A body that breaks off is not repeated. */
  async open(url: URL, { method = 'GET', headers, signal }: HttpGet = {}): Promise<HttpDocument> {
    const request = { method, url, headers: { 'accept-encoding': 'identity', ...headers }, signal };
    const response = await withRetries(this.#policy, signal, async () => {
      const answer = await sendFollowing(this.#transport, request);
      if (answer.status < 400) return answer;
      throw await failureOf(answer, `cannot fetch ${shown(url)}`);
    });
    return asDocument(response, signal);
  }

  close(): Promise<void> {
    return this.#transport.close();
  }
}

function asDocument(response: HttpResponse, signal: AbortSignal | undefined): HttpDocument {
  const { url, status } = response;
  return {
    url,
    status,
    header: (name) => response.header(name),
    chunks: () => chunksOf(response, signal),
    discard: () => response.discard(),
  };
}

async function* chunksOf(response: HttpResponse, signal: AbortSignal | undefined): AsyncGenerator<Buffer> {
  try {
    yield* bodyChunks(response, signal);
  } catch (error) {
    throw error instanceof TransientError ? error.error : error;
  }
}

/** Without what may be a secret: the query of a signed URL, a password. */
function shown(url: URL): string {
  return url.origin + url.pathname;
}
