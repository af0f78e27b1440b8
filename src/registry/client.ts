import { Authorizer } from './authorizer.ts';
import { CredentialStore } from './credentials.ts';
import { PushRepository } from './push.ts';
import { Repository } from './repository.ts';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry.ts';
import { Session } from './session.ts';
import { Transport, type TransportOptions } from './transport.ts';

/** All optional. Times in milliseconds. */
export interface RegistryClientOptions extends Partial<TransportOptions> {
  retries?: Partial<RetryPolicy> | undefined;
}

/** The part of a reference that says which repository is meant. */
export interface RepositoryName {
  domain: string;
  path: string;
}

const DEFAULTS: Omit<TransportOptions, 'env'> = {
  insecure: [],
  connectTimeout: 15_000,
  headersTimeout: 60_000,
  commitTimeout: 600_000,
  idleTimeout: 60_000,
};

/** The way to all registries: connections, credentials and tokens are shared by the repositories it gives out. */
export class RegistryClient {
  readonly #transport: Transport;
  readonly #store: CredentialStore;
  readonly #policy: RetryPolicy;
  readonly #sessions = new Map<string, Session>();

  constructor({ retries, ...options }: RegistryClientOptions = {}) {
    const env = options.env ?? process.env;
    this.#transport = new Transport({ ...DEFAULTS, ...options, env });
    this.#store = new CredentialStore(env);
    this.#policy = { ...DEFAULT_RETRIES, ...retries };
  }

  /** For reading: tokens are asked for with the right to pull only. */
  repository({ domain, path }: RepositoryName): Repository {
    return new Repository(this.#session(domain), path);
  }

  pushRepository({ domain, path }: RepositoryName): PushRepository {
    return new PushRepository(this.#session(domain), path);
  }

  /** Ends all connections. What is still under way fails. */
  close(): Promise<void> {
    return this.#transport.close();
  }

  #session(domain: string): Session {
    const session = this.#sessions.get(domain) ?? this.#newSession(domain);
    this.#sessions.set(domain, session);
    return session;
  }

  #newSession(domain: string): Session {
    const authorizer = new Authorizer(domain, this.#transport, this.#store, this.#policy);
    return new Session(domain, this.#transport, authorizer, this.#policy);
  }
}
