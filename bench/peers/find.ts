import { TsbuildError } from '../../src/base/error.ts';
import type { Options } from '../options.ts';
import { buildahPeer, podmanPeer } from './containers-storage.ts';
import { dockerPeer } from './docker.ts';
import type { Peer } from './peer.ts';
import { RUNTIMES, runtimePeer } from './runtime.ts';
import { tsbuildPeer } from './tsbuild.ts';

export interface Found {
  peers: Peer[];
  versions: Record<string, string>;
  absent: string[];
}

/** Those of the peers asked for that are installed and answer; what they keep is below `directory`. */
export async function findPeers(options: Options, directory: string): Promise<Found> {
  const known = [
    tsbuildPeer(directory),
    dockerPeer(options.pruneDocker),
    buildahPeer(directory),
    podmanPeer(directory),
    ...RUNTIMES.map((name) => runtimePeer(name, directory)),
  ];
  const asked = known.filter((peer) => options.peers.length === 0 || options.peers.includes(peer.name));
  const peers: Peer[] = [];
  const versions: Record<string, string> = {};
  for (const peer of asked) {
    const version = await peer.version();
    if (version === undefined) continue;
    peers.push(peer);
    versions[peer.name] = version;
  }
  if (peers.length === 0) throw new TsbuildError('USAGE', 'there is no builder to measure');
  const absent = asked.map((peer) => peer.name).filter((name) => versions[name] === undefined);
  return { peers, versions, absent };
}
