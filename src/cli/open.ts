import { openWorkspace, type Workspace } from '../build/workspace.ts';
import { ImageSource } from '../ops/image-source.ts';
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

/** The store for a command that adds to it: held against prune until the work is done. */
export async function withWorkspace<T>(
  environment: Environment,
  signal: AbortSignal,
  work: (workspace: Workspace) => Promise<T>,
): Promise<T> {
  const warn = (message: string) => process.stderr.write(`warning: ${message}\n`);
  const workspace = await openWorkspace({ ...environment, signal, warn });
  try {
    await workspace.held;
    return await work(workspace);
  } finally {
    await workspace.close();
  }
}
