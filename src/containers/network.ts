import { networkProviders, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { requireFreePorts } from './ports.ts';
import type { ContainerNetwork } from './sandbox.ts';
import type { ContainerSpec } from './spec.ts';

export interface OpenNetwork extends ContainerNetwork {
  close(): void;
}

const nothing = () => undefined;

/**
 * The network of a container: its own with a way out, through which its ports are published, where this machine has a
 * program for that; else the host's, which has no ports to publish.
 */
export async function openContainerNetwork(spec: ContainerSpec, warn: (text: string) => void): Promise<OpenNetwork> {
  const { network, ports } = spec;
  if (network !== 'default') return { use: network, close: nothing };
  await requireFreePorts(ports);
  const providers = networkProviders(undefined, ports);
  if (providers.length > 0) {
    const opened = await openNetwork(providers);
    const { namespace, provider } = opened;
    return { use: { namespace }, nameserver: provider.nameserver, close: () => opened.close() };
  }
  if (ports.length > 0) {
    throw new TsbuildError('SANDBOX', 'ports are published through pasta, and it is not here', {
      hint: 'install the package passt, or use --network=host: the ports of the container are then those of the host',
    });
  }
  warn('the container uses the network of the host: install the package passt or slirp4netns for one of its own');
  return { use: 'host', close: nothing };
}
