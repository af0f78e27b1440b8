import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../fixtures/command.ts';
import { isErrno, TsbuildError } from '../../src/base/error.ts';
import { STEPS } from '../cases/small.ts';
import type { Job, Peer } from './peer.ts';

/**
 * One RUN as little as it can be: an upper directory, an overlay over the base, a container, and the overlay gone. In
 * mounts of its own, so that none stays; without the hierarchy of cgroups that crun refuses beside those of version 1.
 */
const SCRIPT = `set -e
runtime=$1 id=$2
umount /sys/fs/cgroup/unified 2>/dev/null || true
cd "$3"
for step in $(seq 0 $(($4 - 1))); do
  rm -rf upper work && mkdir upper work
  mount -t overlay -o lowerdir=base,upperdir=upper,workdir=work overlay bundle/rootfs
  $runtime run --bundle bundle "$id-$step"
  umount bundle/rootfs
done`;

export const RUNTIMES = ['crun', 'runc'] as const;

/**
 * An OCI runtime on its own, as root: no build file, no cache, no image, only what a builder that calls it for each RUN
 * cannot do without. Its container is the one that `spec` describes, with no seccomp filter.
 */
export function runtimePeer(name: (typeof RUNTIMES)[number], directory: string): Peer {
  const place = join(directory, name);
  let options: readonly string[] = [];

  async function importBase(tar: string): Promise<void> {
    for (const made of ['base', 'bundle/rootfs', 'state']) mkdirSync(join(place, made), { recursive: true });
    await command('tar', ['-C', join(place, 'base'), '-xf', tar]);
    await command(name, ['spec', '--bundle', join(place, 'bundle')]);
    const path = join(place, 'bundle/config.json');
    const spec = JSON.parse(readFileSync(path, 'utf8'));
    spec.process = { ...spec.process, terminal: false, args: ['sh', '-c', 'echo step > /step'] };
    spec.root = { path: 'rootfs', readonly: false };
    spec.linux.namespaces = spec.linux.namespaces.filter(({ type }: { type: string }) => type !== 'network');
    writeFileSync(path, JSON.stringify(spec));
  }

  return {
    name,
    only: ['run-20'],
    archives: false,
    slow: false,
    async version() {
      if (process.geteuid?.() !== 0) return undefined;
      try {
        const [first = ''] = (await command(name, ['--version'])).split('\n');
        options = ['--root', join(place, 'state'), ...(name === 'crun' ? ['--cgroup-manager=disabled'] : [])];
        return first;
      } catch (error) {
        if (error instanceof TsbuildError && isErrno(error.cause, 'ENOENT')) return undefined;
        throw error;
      }
    },
    importBase,
    build({ tag }: Job) {
      const runtime = [name, ...options].join(' ');
      const args = [runtime, tag.replaceAll('/', '-'), place, String(STEPS)];
      return { program: 'unshare', args: ['-m', 'sh', '-c', SCRIPT, 'sh', ...args], env: process.env };
    },
    async remove() {
      rmSync(place, { recursive: true, force: true });
    },
  };
}
