import { readdirSync, readFileSync } from 'node:fs';
import { command } from '../../fixtures/command.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import type { Invocation } from '../measure.ts';
import { BASE, bakeArguments, type Job, type Peer } from './peer.ts';

/** The client from this version on needs its buildx plug-in to build with BuildKit. */
const FIRST_WITHOUT_BUILDKIT = 23;

/** Each build takes the name from the image before, which only a label then tells from others' images. */
const LABEL = 'tsbuild-bench';

const DAEMONS = ['dockerd', 'containerd', 'buildkitd'];

/**
 * Docker with a running engine and its BuildKit, on the host's network like the others. The engine's daemons are
 * counted with the client. To forget means to empty the engine's build cache, which may serve others: only `mayPrune`.
 */
export function dockerPeer(mayPrune: boolean): Peer {
  const env = { ...process.env, DOCKER_BUILDKIT: '1' };
  const peer: Peer = {
    name: 'docker',
    version,
    async importBase(tar) {
      await command('docker', ['import', tar, BASE]);
    },
    archives: true,
    slow: false,
    build({ context, tag, noCache, archive }: Job): Invocation {
      const output = archive === undefined ? [] : ['-o', `type=oci,compression=gzip,dest=${archive}`];
      const options = ['--network', 'host', '--label', LABEL, ...(noCache ? ['--no-cache'] : []), ...output];
      return { program: 'docker', args: ['build', ...options, '-t', tag, context], env, daemons: daemons() };
    },
    bake(job: Job): Invocation {
      const args = ['buildx', ...bakeArguments(job), '--set', `*.labels.${LABEL}=`, '--set', '*.network=host'];
      // Else it asks for leave to read a directory that is not below the working directory.
      return { program: 'docker', args, env: { ...env, BUILDX_BAKE_ENTITLEMENTS_FS: '0' }, daemons: daemons() };
    },
    async remove() {
      await removeImages(`label=${LABEL}`);
      await removeImages(`reference=${BASE}`);
    },
  };
  return mayPrune ? { ...peer, forget: prune } : peer;
}

async function version(): Promise<string | undefined> {
  const engine = await answer('info', '--format', '{{.ServerVersion}}, {{.Driver}}');
  const client = await answer('version', '--format', '{{.Client.Version}}');
  if (engine === undefined || client === undefined) return undefined;
  const builds = Number.parseInt(client, 10) < FIRST_WITHOUT_BUILDKIT || (await answer('buildx', 'version'));
  return builds ? `client ${client}, engine ${engine}` : undefined;
}

/** What docker says; `undefined` where it is not installed or has nothing to say. */
async function answer(...args: string[]): Promise<string | undefined> {
  try {
    return (await command('docker', args)).trim();
  } catch (error) {
    if (error instanceof TsbuildError && (isErrno(error.cause, 'ENOENT') || error.code === 'STEP_FAILED')) return;
    throw error;
  }
}

async function removeImages(filter: string): Promise<void> {
  const images = await command('docker', ['images', '--quiet', '--no-trunc', '--filter', filter]);
  const ids = [...new Set(images.split('\n').filter((id) => id !== ''))];
  if (ids.length > 0) await command('docker', ['rmi', '--force', ...ids]);
}

async function prune(): Promise<void> {
  await removeImages(`label=${LABEL}`);
  await command('docker', ['builder', 'prune', '--all', '--force']);
}

/** The engine's processes, by name: an engine on another machine has none here, and only the client is counted. */
function daemons(): number[] {
  const named = readdirSync('/proc').filter((entry) => /^\d+$/.test(entry) && DAEMONS.includes(nameOf(entry)));
  const parents = new Map(named.map((pid) => [pid, parentOf(pid)]));
  // A daemon that another one started is in that one's tree.
  return named.filter((pid) => !named.includes(parents.get(pid) ?? '')).map(Number);
}

function nameOf(pid: string): string {
  return readStat(pid, /\((.*)\)/);
}

function parentOf(pid: string): string {
  return readStat(pid, /\) \S (\d+)/);
}

function readStat(pid: string, pattern: RegExp): string {
  try {
    return pattern.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
  } catch (error) {
    if (isErrno(error, 'ENOENT', 'ESRCH')) return '';
    throw error;
  }
}
