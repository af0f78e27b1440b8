import { join } from 'node:path';
import { configureLauncher } from '../../runner/syscall/index.ts';
import { openWorkspace, ownershipWarning, type Workspace } from '../build/workspace.ts';
import type { ContainerContext } from '../containers/sandbox.ts';
import { ImageSource } from '../ops/image-source.ts';
import { Snapshots } from '../snapshot/snapshots.ts';
import { openStore, type Store } from '../store/open.ts';
import { type Environment, environmentOf } from './namespace.ts';
import type { GlobalArguments } from './options.ts';

/** The store for a command that reads small files of it and holds nothing. */
export async function withStore<T>(
  argv: GlobalArguments,
  work: (store: Store, images: ImageSource) => Promise<T>,
): Promise<T> {
  const store = await openStore(environmentOf(argv).root);
  const images = new ImageSource(store);
  try {
    return await work(store, images);
  } finally {
    await images.close();
  }
}

/**
 * The store for a command that runs containers, or removes them. It holds nothing against prune: containers hold what
 * they are made of.
 */
export async function openContainers(
  environment: Environment,
  warn: (message: string) => void = warnOnStderr,
): Promise<ContainerContext> {
  const { root, rootless, singleUid } = environment;
  const store = await openStore(root);
  configureLauncher({ directory: join(store.layout.base, 'bin') });
  const snapshots = new Snapshots({
    root: store.layout.base,
    temporary: () => store.layout.sessions,
    userXattrs: rootless,
    singleUid,
  });
  return { store, snapshots, singleUid, warn, onOwnershipLost: ownershipWarning(warn) };
}

function warnOnStderr(message: string): void {
  process.stderr.write(`warning: ${message}\n`);
}

/** The store for a command that adds to it: held against prune until the work is done. */
export async function withWorkspace<T>(
  environment: Environment,
  signal: AbortSignal,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const workspace = await openWorkspace({ ...environment, signal, warn: warnOnStderr });
  try {
    await workspace.held;
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}
