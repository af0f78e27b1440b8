import { defined } from '../oci/fields.ts';
import { DEFAULT_RETRIES, type RetryPolicy } from './retry.ts';
import type { TransportOptions } from './transport.ts';

/** All optional. Times in milliseconds. */
export interface HttpOptions extends Partial<TransportOptions> {
  retries?: Partial<RetryPolicy> | undefined;
}

const DEFAULTS: Omit<TransportOptions, 'env'> = {
  insecure: [],
  // This machine is as trusted with a bad certificate as with none, and Docker asks for none.
  insecureLoopback: true,
  connectTimeout: 15_000,
  headersTimeout: 60_000,
  commitTimeout: 600_000,
  idleTimeout: 120_000,
};

export function withDefaults({ retries, ...options }: HttpOptions): {
  transport: TransportOptions;
  policy: RetryPolicy;
} {
  return {
    transport: { env: process.env, ...DEFAULTS, ...defined(options) },
    policy: { ...DEFAULT_RETRIES, ...defined(retries ?? {}) },
  };
}
