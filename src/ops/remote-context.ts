import type { Digest } from '../base/digest.ts';
import type { UrlCredentials } from '../base/url-credentials.ts';
import type { HttpClient } from '../registry/index.ts';
import type { LayerProgress } from './base-layers.ts';
import type { OpsContext } from './context.ts';

/** What the executors need that fetch from servers. */
export interface RemoteContext extends OpsContext {
  /** `<root>/v1`. */
  state: string;
  /** A directory that goes away with this process's session. */
  temporary: () => string;
  /** The HTTP client is loaded when the first server is asked. */
  http: () => Promise<HttpClient>;
  credentials: UrlCredentials;
  /** What is known of a URL since it was fetched last. */
  records: { get(key: Digest): unknown; put(key: Digest, value: unknown): void };
  /** Shows work as a step of its own. */
  step: <T>(name: string, work: (progress: LayerProgress) => Promise<T>) => Promise<T>;
  signal: AbortSignal;
}
