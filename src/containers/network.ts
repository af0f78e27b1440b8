import { networkProviders, openNetwork } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { defaultNetwork } from '../config/default-network.ts';
import { portText, requireFreePorts } from './ports.ts';
import type { ContainerNetwork } from './sandbox.ts';
import type { ContainerSpec, PortBinding } from './spec.ts';

export interface OpenNetwork extends ContainerNetwork {
  close(): void;
}

/** So pasta of 2023-03-09; it has the answers when the numbers are the same. */
function otherNumber(binding: PortBinding): string {
  const { port } = binding;
  return `${portText(binding)}: some versions of pasta lose the answers of a UDP port under another number; where none come, publish ${port}:${port}/udp`;
}

const nothing = () => undefined;

/**
 * The network of a container: its own with a way out, through which its ports are published, where this machine has a
 * program for that; else the host's, which has no ports to publish. The user's settings may choose another.
 */
export async function openContainerNetwork(spec: ContainerSpec, warn: (text: string) => void): Promise<OpenNetwork> {
  const { network, ports } = spec;
  if (network !== 'default') return { use: network, close: nothing };
  const chosen = ports.length > 0 ? 'isolated' : await defaultNetwork(process.env);
  if (chosen === 'host' || chosen === 'none') return { use: chosen, close: nothing };
  await requireFreePorts(ports);
  const providers = networkProviders(undefined, ports);
  if (providers.length === 0 && ports.length > 0) {
    throw new TsbuildError('SANDBOX', 'ports are published through pasta, and it is not here', {
      hint: 'install the package passt, or use --network=host: the ports of the container are then those of the host',
    });
  }
  if (providers.length === 0 && chosen !== 'isolated') {
    warn('the container uses the network of the host: install the package passt or slirp4netns for one of its own');
    return { use: 'host', close: nothing };
  }
  for (const binding of ports) {
    if (binding.protocol === 'udp' && binding.port !== binding.hostPort) warn(otherNumber(binding));
  }
  const opened = await openNetwork(providers);
  const { namespace, provider } = opened;
  return { use: { namespace }, nameserver: provider.nameserver, close: () => opened.close() };
}
