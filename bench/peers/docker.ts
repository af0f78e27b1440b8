import { readdirSync, readFileSync } from 'node:fs';
import { command } from '../../fixtures/command.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import type { Invocation } from '../measure.ts';
import type { Job, Peer } from './peer.ts';

const DAEMONS = ['dockerd', 'containerd', 'buildkitd'];

/** Docker with a running engine and its BuildKit. The engine's daemons are counted with the client. */
export function dockerPeer(): Peer {
  function docker(...args: string[]): Invocation {
    return { program: 'docker', args, env: { ...process.env, DOCKER_BUILDKIT: '1' }, daemons: daemons() };
  }

  return {
    name: 'docker',
    async version() {
      try {
        return `engine ${(await command('docker', ['info', '--format', '{{.ServerVersion}}, {{.Driver}}'])).trim()}`;
      } catch (error) {
        // Not installed, or no engine answers.
        if (error instanceof TsbuildError && (isErrno(error.cause, 'ENOENT') || error.code === 'STEP_FAILED')) return;
        throw error;
      }
    },
    async importBase(tar) {
      await command('docker', ['import', tar, 'local/busybox:latest']);
    },
    async forget() {
      const images = await command('docker', ['images', '--quiet', '--filter', 'reference=bench-*']);
      const ids = [...new Set(images.split('\n').filter((id) => id !== ''))];
      if (ids.length > 0) await command('docker', ['rmi', '--force', ...ids]);
      await command('docker', ['builder', 'prune', '--all', '--force']);
    },
    build({ context, tag, noCache }: Job) {
      return docker('build', ...(noCache ? ['--no-cache'] : []), '-t', tag, context);
    },
    async remove() {
      await this.forget();
      await command('docker', ['rmi', '--force', 'local/busybox:latest']);
    },
  };
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
