import { TsbuildError } from '../base/error.ts';
import { askCredentialProgram } from './credential-program.ts';
import { type Credentials, type DockerConfig, hostOf, readDockerConfig } from './docker-config.ts';
import { apiHost, credentialKey } from './host.ts';

export interface CredentialLookup {
  credentials: Credentials | undefined;
  /** Why a credential helper that should have known them did not answer: worth saying when access is denied. */
  problem?: string | undefined;
}

/** The user's credentials, read from Docker's configuration when the first registry asks. */
export class CredentialStore {
  readonly #env: NodeJS.ProcessEnv;
  #config: DockerConfig | undefined;
  readonly #found = new Map<string, Promise<CredentialLookup>>();

  constructor(env: NodeJS.ProcessEnv) {
    this.#env = env;
  }

  /** `domain` is that of a reference, e.g. `docker.io`. Looked up once. */
  find(domain: string): Promise<CredentialLookup> {
    const found = this.#found.get(domain) ?? this.#lookUp(domain);
    this.#found.set(domain, found);
    return found;
  }

  async #lookUp(domain: string): Promise<CredentialLookup> {
    this.#config ??= readDockerConfig(this.#env);
    const names = [credentialKey(domain), domain, apiHost(domain)].map(hostOf);
    const { credentials, problem } = await this.#askHelper(domain, names, this.#config);
    return { credentials: credentials ?? firstOf(this.#config.auths, names), problem };
  }

  /** A broken helper does not stand in the way of what needs no account. */
  async #askHelper(domain: string, names: readonly string[], config: DockerConfig): Promise<CredentialLookup> {
    const program = firstOf(config.helpers, names) ?? config.defaultHelper;
    if (program === undefined) return { credentials: undefined };
    try {
      return { credentials: await askCredentialProgram(program, credentialKey(domain), this.#env) };
    } catch (error) {
      if (!(error instanceof TsbuildError)) throw error;
      return { credentials: undefined, problem: error.message };
    }
  }
}

function firstOf<T>(map: ReadonlyMap<string, T>, keys: readonly string[]): T | undefined {
  return keys.map((key) => map.get(key)).find((value) => value !== undefined);
}
