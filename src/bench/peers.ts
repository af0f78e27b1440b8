import { join } from 'node:path';
import { type Ended, lastWords, runProgram } from './command.ts';
import type { Skipped } from './types.ts';

export const PEERS = ['docker', 'buildah', 'podman'] as const;
export type PeerName = (typeof PEERS)[number];

/** Another builder, over storage that is thrown away where it can have that. */
export interface Peer {
  name: PeerName;
  version: string;
  /** The command line of a build. */
  build(args: readonly string[], options: { cold: boolean }): readonly string[];
}

interface Finding {
  signal: AbortSignal;
  /** For storage, and for what is kept of it while a builder runs: of a short name. */
  directory: string;
  volatile: string;
  /** An archive with the base images, and their names. */
  archive: string;
  images: readonly string[];
}

/** Finds a builder and gives it the base images; else says why it cannot take part. */
export async function findPeer(name: PeerName, finding: Finding): Promise<Peer | Skipped> {
  const run = (args: readonly string[]) => runProgram(args, { env: process.env, signal: finding.signal });
  const version = await run([
    name,
    name === 'docker' ? 'info' : '--version',
    ...(name === 'docker' ? DOCKER_FORMAT : []),
  ]);
  if (version === undefined) return { name, reason: 'not installed' };
  if (version.code !== 0) return { name, reason: lastWords(version) };
  const problem = name === 'docker' ? await missingImage(finding, run) : await loadImages(name, finding, run);
  if (problem !== undefined) return { name, reason: problem };
  const build = (args: readonly string[], { cold }: { cold: boolean }) => [
    ...commandOf(name, finding),
    ...(cold ? ['--no-cache'] : []),
    ...args,
  ];
  return { name, version: version.stdout.trim().replace(/^\w+ version /, ''), build };
}

const DOCKER_FORMAT = ['--format', '{{.ServerVersion}}'];

type Run = (args: readonly string[]) => Promise<Ended | undefined>;

/** An engine's images are its user's: nothing is put there. */
async function missingImage({ images }: Finding, run: Run): Promise<string | undefined> {
  for (const image of images) {
    const found = await run(['docker', 'image', 'inspect', image]);
    if (found?.code !== 0) return `its engine has no image ${image}: \`tsbuild save ${image} | docker load\``;
  }
  return undefined;
}

async function loadImages(name: PeerName, finding: Finding, run: Run): Promise<string | undefined> {
  const { archive, images } = finding;
  const storage = storageOf(name, finding);
  for (const image of images) {
    const loaded = await run([name, ...storage, 'pull', '-q', `docker-archive:${archive}:${image}`]);
    if (loaded?.code !== 0) return loaded === undefined ? 'not installed' : lastWords(loaded);
  }
  return undefined;
}

function storageOf(name: string, { directory, volatile }: Finding): string[] {
  return ['--root', join(directory, name), '--runroot', join(volatile, name)];
}

function commandOf(name: PeerName, finding: Finding): string[] {
  if (name === 'docker') return ['docker', 'build', '--network=host'];
  return [
    name,
    ...storageOf(name, finding),
    'build',
    '--layers',
    '--isolation=chroot',
    '--network=host',
    '--pull=never',
  ];
}
