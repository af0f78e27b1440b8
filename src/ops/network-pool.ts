import { type IsolatedNetwork, networkProviders, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';

/** What a step is given as its network, and who answers in it for a resolver on the host's loopback. */
export interface StepNetwork {
  use: 'host' | 'none' | { namespace: number };
  nameserver?: string | undefined;
}

/**
 * The network of the steps that name none: an isolated one, made once for all steps of a build when the first of them
 * runs, or that of the host.
 */
export class NetworkPool {
  readonly #isolate: boolean;
  readonly #warn: (message: string) => void;
  #opened: Promise<IsolatedNetwork | undefined> | undefined;

  /** With `isolate` the network is the steps' own, where this machine has a program for that. */
  constructor(options: { isolate: boolean; warn: (message: string) => void }) {
    this.#isolate = options.isolate;
    this.#warn = options.warn;
  }

  async byDefault(): Promise<StepNetwork> {
    this.#opened ??= this.#open();
    const network = await this.#opened;
    if (network === undefined) return { use: 'host' };
    return { use: { namespace: network.namespace }, nameserver: network.provider.nameserver };
  }

  async close(): Promise<void> {
    (await this.#opened)?.close();
    this.#opened = undefined;
  }

  async #open(): Promise<IsolatedNetwork | undefined> {
    const providers = this.#isolate ? networkProviders() : [];
    if (providers.length === 0) return undefined;
    try {
      return await openNetwork(providers);
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'SANDBOX') throw error;
      this.#warn(`steps use the network of the host: ${[error.message, ...error.notes].join('; ')}`);
      return undefined;
    }
  }
}
