import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { command } from '../../fixtures/command.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import type { Invocation } from '../measure.ts';
import { BASE, type Job, type Peer } from './peer.ts';

/** buildah over storage of its own, with chroot isolation: the fastest that it offers. */
export function buildahPeer(directory: string): Peer {
  return storagePeer('buildah', directory, async (buildah, tar) => {
    const container = (await buildah('from', 'scratch')).trim();
    await buildah('add', container, tar, '/');
    await buildah('commit', '--rm', container, BASE);
  });
}

/** podman, which builds with buildah's code, in the same way. */
export function podmanPeer(directory: string): Peer {
  return storagePeer('podman', directory, async (podman, tar) => {
    await podman('import', tar, BASE);
  });
}

type Call = (...args: string[]) => Promise<string>;

/** A program with the storage of github.com/containers, of its own for the measurement. */
function storagePeer(
  name: 'buildah' | 'podman',
  directory: string,
  take: (call: Call, tar: string) => Promise<void>,
): Peer {
  const root = join(directory, name);
  // podman takes none that is longer than 50 characters.
  const runroot = join(tmpdir(), `bench-${name}-${process.pid}`);
  const driver = process.getuid?.() === 0 ? 'overlay' : 'vfs';
  const storage = ['--storage-driver', driver, '--root', root, '--runroot', runroot];
  const call: Call = (...args) => command(name, [...storage, ...args]);
  let base: string | undefined;

  async function importBase(tar: string): Promise<void> {
    base = tar;
    await take(call, tar);
  }

  return {
    name,
    archives: false,
    slow: true,
    async version() {
      try {
        return `${(await command(name, ['--version'])).trim()}, ${driver}`;
      } catch (error) {
        if (error instanceof TsbuildError && isErrno(error.cause, 'ENOENT')) return undefined;
        throw error;
      }
    },
    importBase,
    async forget() {
      await call('rmi', '--all', '--force');
      if (base !== undefined) await importBase(base);
    },
    build({ context, tag, noCache }: Job): Invocation {
      const cache = noCache ? ['--no-cache', '--layers'] : ['--layers'];
      const args = ['build', '--isolation', 'chroot', '--pull=never', ...cache, '-t', tag, context];
      return { program: name, args: [...storage, ...args], env: process.env };
    },
    async remove() {
      await call('rmi', '--all', '--force');
      rmSync(root, { recursive: true, force: true });
      rmSync(runroot, { recursive: true, force: true });
    },
  };
}
