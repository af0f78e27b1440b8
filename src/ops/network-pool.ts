import { type IsolatedNetwork, networkProviders, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';

/** What a step is given as its network, and who answers in it for a resolver on the host's loopback. */
export interface StepNetwork {
  use: 'host' | 'none' | { namespace: number };
  nameserver?: string | undefined;
  /** To be called when the step has ended. */
  release(): void;
}

export interface NetworkPoolOptions {
  /** Networks are the steps' own, where this machine has a program for that. */
  isolate: boolean;
  /** The user's choice in the place of that; `isolated` without such a program is an error. Asked once. */
  chosen?: (() => Promise<'isolated' | 'host' | 'none' | undefined>) | undefined;
  warn: (message: string) => void;
}

const nothing = () => undefined;

/**
 * The networks of the steps that name none: isolated ones, or that of the host. Steps that run at the same time have
 * one each, and so none reaches what listens on the loopback of another; a step that follows takes over that of one
 * that has ended, of which nothing is left in it.
 */
export class NetworkPool {
  readonly #options: NetworkPoolOptions;
  readonly #opened: IsolatedNetwork[] = [];
  readonly #free: IsolatedNetwork[] = [];
  #chosen: Promise<'isolated' | 'host' | 'none' | undefined> | undefined;
  #refused = false;

  constructor(options: NetworkPoolOptions) {
    this.#options = options;
  }

  async take(): Promise<StepNetwork> {
    const { isolate, chosen } = this.#options;
    this.#chosen ??= isolate && chosen !== undefined ? chosen() : Promise.resolve(undefined);
    const choice = await this.#chosen;
    if (choice === 'host' || choice === 'none') return { use: choice, release: nothing };
    const network = this.#free.pop() ?? (await this.#open(choice === 'isolated'));
    if (network === undefined) return { use: 'host', release: nothing };
    return {
      use: { namespace: network.namespace },
      nameserver: network.provider.nameserver,
      release: () => void this.#free.push(network),
    };
  }

  close(): void {
    for (const network of this.#opened.splice(0)) network.close();
    this.#free.length = 0;
  }

  async #open(required: boolean): Promise<IsolatedNetwork | undefined> {
    const providers = this.#options.isolate ? networkProviders() : [];
    if (!required && (providers.length === 0 || this.#refused)) return undefined;
    try {
      const network = await openNetwork(providers);
      this.#opened.push(network);
      return network;
    } catch (error) {
      if (required || !(error instanceof TsbuildError) || error.code !== 'SANDBOX') throw error;
      if (!this.#refused) {
        this.#options.warn(`steps use the network of the host: ${[error.message, ...error.notes].join('; ')}`);
      }
      this.#refused = true;
      return undefined;
    }
  }
}
