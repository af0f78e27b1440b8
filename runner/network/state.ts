import { networkProviders } from './provider.ts';

/** What the network of steps is on this machine, and what would make it a better one: for people who ask. */
interface NetworkState {
  isolated: boolean;
  /** The program that connects isolated networks. */
  provider: string | undefined;
  hint: string | undefined;
}

export function networkState(): NetworkState {
  const [provider] = networkProviders();
  if (provider !== undefined) return { isolated: true, provider: provider.path, hint: undefined };
  const hint = 'steps use the network of the host, with its loopback: install the package passt or slirp4netns';
  return { isolated: false, provider: undefined, hint };
}
