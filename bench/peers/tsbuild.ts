import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { command } from '../../fixtures/command.ts';
import { removeStore } from '../../fixtures/rootless.ts';
import { TsbuildError } from '../../src/base/error.ts';
import { type Invocation, run } from '../measure.ts';
import { BASE, bakeArguments, type Job, type Peer } from './peer.ts';

const EXECUTABLE = join(import.meta.dirname, '../../dist/tsbuild.cjs');

/**
 * This repository's own executable, as its users start it. To forget means to go on with a store that is new: some file
 * systems are slow to make files for a minute after as many have been deleted.
 */
export function tsbuildPeer(directory: string): Peer {
  const stores = [join(directory, 'tsbuild')];
  let base: string | undefined;

  const invoke = (...args: string[]) => tsbuildInvocation(stores.at(-1) as string, ...args);

  async function importBase(tar: string): Promise<void> {
    base = tar;
    await run(invoke('import', tar, BASE));
  }

  return {
    name: 'tsbuild',
    async version() {
      if (!existsSync(EXECUTABLE)) {
        throw new TsbuildError('NOT_FOUND', `no executable to measure: ${EXECUTABLE}`, { hint: 'run `npm run build`' });
      }
      const [first = ''] = (await command(process.execPath, [EXECUTABLE, 'version'])).split('\n');
      return first.replace(/\s+/, ' ');
    },
    importBase,
    async forget() {
      stores.push(join(directory, `tsbuild-${randomUUID()}`));
      if (base !== undefined) await importBase(base);
    },
    async sweep() {
      for (const store of stores.splice(0, stores.length - 1)) await removeStore(store);
    },
    archives: true,
    slow: false,
    build({ context, tag, noCache, archive }: Job) {
      const output = archive === undefined ? [] : ['-o', `type=oci,compression=gzip,dest=${archive}`];
      return invoke('build', ...(noCache ? ['--no-cache'] : []), ...output, '-t', tag, context);
    },
    bake: (job: Job) => invoke(...bakeArguments(job)),
    async remove() {
      for (const store of stores) await removeStore(store);
    },
  };
}

/** A command of ours on the store at `root`. */
export function tsbuildInvocation(root: string, ...args: string[]): Invocation {
  // Node reads the certificates of NODE_EXTRA_CA_CERTS at every start, and nothing here speaks TLS.
  const { NODE_EXTRA_CA_CERTS: _, ...env } = process.env;
  return { program: process.execPath, args: [EXECUTABLE, ...args], env: { ...env, TSBUILD_ROOT: root } };
}
