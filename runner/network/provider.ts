import { findProgram } from '../../src/base/find-program.ts';

/** A program that connects a network namespace with the outside, and keeps the host's loopback out of it. */
export interface NetworkProvider {
  name: 'pasta' | 'slirp4netns';
  path: string;
  /** Arguments, for a namespace that is its descriptor `descriptor`. */
  args: (descriptor: number) => string[];
  /** Answers for a resolver of the host that listens on its loopback. */
  nameserver: string;
}

/** An address that no network has: pasta takes what is sent there to the host's resolver. */
const PASTA_RESOLVER = '169.254.1.1';

/** A port of the host that leads into the namespace. */
export interface ForwardedPort {
  /** Of the host. */
  address: string;
  hostPort: number;
  port: number;
  protocol: 'tcp' | 'udp';
}

/** No port leads out to the loopback of the host, and no address stands for the host. */
const PASTA = ['-q', '-f', '--config-net', '-T', 'none', '-U', 'none', '--no-map-gw'];
const SLIRP = ['--configure', '--mtu=65520', '--disable-host-loopback', '--netns-type=path'];

/** The providers that this machine has, the better one first; with ports, those that can forward them. */
export function networkProviders(
  path = process.env.PATH ?? '',
  ports: readonly ForwardedPort[] = [],
): NetworkProvider[] {
  const [pasta, slirp] = [findProgram('pasta', path), findProgram('slirp4netns', path)];
  const namespace = (descriptor: number) => `/proc/self/fd/${descriptor}`;
  const providers: NetworkProvider[] = [];
  if (pasta !== undefined) {
    const owner = ['--netns-only', '--runas', '0', '--dns-forward', PASTA_RESOLVER];
    providers.push({
      name: 'pasta',
      path: pasta,
      args: (descriptor) => [...PASTA, ...forwards(ports), ...owner, '--netns', namespace(descriptor)],
      nameserver: PASTA_RESOLVER,
    });
  }
  if (slirp !== undefined && ports.length === 0) {
    providers.push({
      name: 'slirp4netns',
      path: slirp,
      args: (descriptor) => [...SLIRP, namespace(descriptor), 'tap0'],
      nameserver: '10.0.2.3',
    });
  }
  return providers;
}

/** What is not named is not forwarded. */
function forwards(ports: readonly ForwardedPort[]): string[] {
  const options = [
    ['tcp', '-t'],
    ['udp', '-u'],
  ] as const;
  return options.flatMap(([protocol, option]) => {
    const wanted = ports.filter((port) => port.protocol === protocol);
    if (wanted.length === 0) return [option, 'none'];
    return wanted.flatMap(({ address, hostPort, port }) => [option, `${address}/${hostPort}:${port}`]);
  });
}
