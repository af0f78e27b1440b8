import { Authorizer } from './authorizer.ts';
import { CredentialStore } from './credentials.ts';
import { type HttpOptions, withDefaults } from './options.ts';
import { PushRepository } from './push.ts';
import { Repository } from './repository.ts';
import type { RetryPolicy } from './retry.ts';
import { Session } from './session.ts';
import { Transport } from './transport.ts';

/** The part of a reference that says which repository is meant. */
export interface RepositoryName {
  domain: string;
  path: string;
}

/** The way to all registries: connections, credentials and tokens are shared by the repositories it gives out. */
export class RegistryClient {
  readonly #transport: Transport;
  readonly #store: CredentialStore;
  readonly #policy: RetryPolicy;
  readonly #sessions = new Map<string, Session>();

  constructor(options: HttpOptions = {}) {
    const { transport, policy } = withDefaults(options);
    this.#transport = new Transport(transport);
    this.#store = new CredentialStore(transport.env);
    this.#policy = policy;
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
