import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../fixtures/command.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import type { Invocation } from '../measure.ts';
import { BASE, type Job, type Peer } from './peer.ts';

/** buildah over storage of its own, with chroot isolation: the fastest that it offers. */
export function buildahPeer(directory: string): Peer {
  const storage = ['--root', join(directory, 'buildah'), '--runroot', join(directory, 'buildah-run')];
  const driver = process.getuid?.() === 0 ? 'overlay' : 'vfs';
  let base: string | undefined;

  function buildah(...args: string[]): Promise<string> {
    return command('buildah', ['--storage-driver', driver, ...storage, ...args]);
  }

  async function importBase(tar: string): Promise<void> {
    base = tar;
    const container = (await buildah('from', 'scratch')).trim();
    await buildah('add', container, tar, '/');
    await buildah('commit', '--rm', container, BASE);
  }

  return {
    name: 'buildah',
    async version() {
      try {
        return `${(await command('buildah', ['--version'])).trim()}, ${driver}`;
      } catch (error) {
        if (error instanceof TsbuildError && isErrno(error.cause, 'ENOENT')) return undefined;
        throw error;
      }
    },
    importBase,
    async forget() {
      await buildah('rmi', '--all', '--force');
      if (base !== undefined) await importBase(base);
    },
    build({ context, tag, noCache }: Job): Invocation {
      const cache = noCache ? ['--no-cache', '--layers'] : ['--layers'];
      const args = ['build', '--isolation', 'chroot', '--pull-never', ...cache, '-t', tag, context];
      return { program: 'buildah', args: ['--storage-driver', driver, ...storage, ...args], env: process.env };
    },
    async remove() {
      await buildah('rmi', '--all', '--force');
      rmSync(join(directory, 'buildah'), { recursive: true, force: true });
      rmSync(join(directory, 'buildah-run'), { recursive: true, force: true });
    },
  };
}
