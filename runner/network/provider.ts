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

/** No port leads in or out to the loopback of the host, and no address stands for the host. */
const PASTA = ['-q', '-f', '--config-net', '-t', 'none', '-u', 'none', '-T', 'none', '-U', 'none', '--no-map-gw'];
const SLIRP = ['--configure', '--mtu=65520', '--disable-host-loopback', '--netns-type=path'];

/** The providers that this machine has, the better one first. */
export function networkProviders(path = process.env.PATH ?? ''): NetworkProvider[] {
  const [pasta, slirp] = [findProgram('pasta', path), findProgram('slirp4netns', path)];
  const namespace = (descriptor: number) => `/proc/self/fd/${descriptor}`;
  const providers: NetworkProvider[] = [];
  if (pasta !== undefined) {
    const owner = ['--netns-only', '--runas', '0', '--dns-forward', PASTA_RESOLVER];
    providers.push({
      name: 'pasta',
      path: pasta,
      args: (descriptor) => [...PASTA, ...owner, '--netns', namespace(descriptor)],
      nameserver: PASTA_RESOLVER,
    });
  }
  if (slirp !== undefined) {
    providers.push({
      name: 'slirp4netns',
      path: slirp,
      args: (descriptor) => [...SLIRP, namespace(descriptor), 'tap0'],
      nameserver: '10.0.2.3',
    });
  }
  return providers;
}
