import { TsbuildError } from '../base/error.ts';
import type { RegistriesSettings } from '../config/index.ts';
import { Authorizer } from './authorizer.ts';
import { CredentialStore } from './credentials.ts';
import type { Login } from './login.ts';
import { MirroredRepository } from './mirrored.ts';
import { type HttpOptions, withDefaults } from './options.ts';
import { PushRepository } from './push.ts';
import { type ReadableRepository, Repository } from './repository.ts';
import { type RetryPolicy, withRetries } from './retry.ts';
import { Session } from './session.ts';
import { failureOf } from './status.ts';
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
  readonly #registries: RegistriesSettings;
  readonly #sessions = new Map<string, Session>();

  constructor(options: HttpOptions = {}) {
    const { transport, policy, registries } = withDefaults(options);
    this.#registries = registries;
    this.#transport = new Transport(transport);
    this.#store = new CredentialStore(transport.env);
    this.#policy = policy;
  }

  /** For reading: tokens are asked for with the right to pull only, and mirrors are asked first. */
  repository({ domain, path }: RepositoryName): ReadableRepository {
    const own = new Repository(this.#session(domain), path);
    const mirrors = this.#registries.get(domain)?.mirrors ?? [];
    if (mirrors.length === 0) return own;
    const places = mirrors.map((mirror) => new Repository(this.#session(mirror.domain), mirror.prefix + path));
    return new MirroredRepository(own, places);
  }

  pushRepository({ domain, path }: RepositoryName): PushRepository {
    return new PushRepository(this.#session(domain), path);
  }

  /**
   * Tries credentials on a registry, as `docker login` does: its API's root is asked for with them. DENIED where it
   * refuses them; whether they allow anything more is not said.
   */
  async checkLogin(domain: string, login: Login, signal?: AbortSignal): Promise<void> {
    const credentials = { credentials: { kind: 'password', ...login } } as const;
    const session = this.#newSession(domain, { find: async () => credentials });
    const subject = `cannot log in to ${domain}`;
    await withRetries(this.#policy, signal, async () => {
      const response = await session.send({ method: 'GET', target: '', scopes: [], signal });
      if (response.status === 401) {
        await response.discard();
        throw new TsbuildError('DENIED', `${domain} refuses this user name and password`);
      }
      if (response.status !== 200) throw await failureOf(response, subject, `is ${domain} a registry?`);
      await response.discard();
    });
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

  #newSession(domain: string, store: Pick<CredentialStore, 'find'> = this.#store): Session {
    const authorizer = new Authorizer(domain, this.#transport, store, this.#policy);
    return new Session(domain, this.#transport, authorizer, this.#policy, this.#registries.get(domain)?.url);
  }
}
