import { type RegistriesSettings, readUserConfig, registriesOf } from '../config/index.ts';
import { defined } from '../oci/fields.ts';
import { apiHost } from './host.ts';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry.ts';
import type { TransportOptions } from './transport.ts';

/** All optional. Times in milliseconds. */
export interface HttpOptions extends Partial<TransportOptions> {
  retries?: Partial<RetryPolicy> | undefined;
}

export interface ClientOptions {
  transport: TransportOptions;
  policy: RetryPolicy;
  registries: RegistriesSettings;
}

const DEFAULTS: Omit<TransportOptions, 'env'> = {
  insecure: [],
  authorities: new Map(),
  // This machine is as trusted with a bad certificate as with none, and Docker asks for none.
  insecureLoopback: true,
  connectTimeout: 15_000,
  headersTimeout: 60_000,
  commitTimeout: 600_000,
  idleTimeout: 120_000,
};

/** Completes the options from the environment and the user's settings, which are read here. */
export function withDefaults({ retries, ...options }: HttpOptions): ClientOptions {
  const env = options.env ?? process.env;
  const registries = registriesOf(readUserConfig(env));
  const hosts = [...registries].map(([domain, settings]) => ({
    host: settings.url?.host ?? apiHost(domain),
    settings,
  }));
  const insecure = hosts.filter(({ settings }) => settings.insecure || settings.url?.protocol === 'http:');
  const authorities = hosts.flatMap(({ host, settings: { ca } }) => (ca === undefined ? [] : [[host, ca] as const]));
  const configured = { insecure: insecure.map(({ host }) => host), authorities: new Map(authorities) };
  return {
    transport: { ...DEFAULTS, ...configured, ...defined(options), env },
    policy: { ...DEFAULT_RETRIES, ...defined(retries ?? {}) },
    registries,
  };
}
