import { removeAbandonedGroups } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { FileLock } from '../store/file-lock.ts';
import type { Store } from '../store/open.ts';
import { volumesOf } from './create.ts';
import type { ContainerSpec } from './spec.ts';

export interface RemoveOptions {
  /** With the volumes that were made for it alone. */
  volumes: boolean;
}

/** Removes a container that does not run, once its supervisor has let go of it. */
export async function removeContainer(spec: ContainerSpec, store: Store, { volumes }: RemoveOptions): Promise<void> {
  const lock = await FileLock.take({ path: store.containers.path(spec.id, 'lock'), mode: 'exclusive' });
  try {
    await store.containers.remove(spec.id);
  } finally {
    lock.release();
  }
  await removeAbandonedGroups();
  if (!volumes) return;
  for (const name of volumesOf(spec)) {
    if (store.volumes.get(name)?.anonymous && usersOf(name, store).length === 0) await store.volumes.remove(name);
  }
}

/** Removes a volume; CONFLICT where a container has it. */
export async function removeVolume(name: string, store: Store): Promise<void> {
  if (store.volumes.get(name) === undefined) {
    throw new TsbuildError('NOT_FOUND', `no such volume: ${name}`, { hint: '`tsbuild volume ls` lists them' });
  }
  const users = usersOf(name, store);
  if (users.length > 0) {
    throw new TsbuildError('CONFLICT', `the volume ${name} is used by ${users.join(', ')}`, {
      hint: `remove the container first: tsbuild rm ${users[0]}`,
    });
  }
  await store.volumes.remove(name);
}

/** The names of the containers that use a volume. */
export function usersOf(volume: string, store: Store): string[] {
  const containers = store.containers.list() as ContainerSpec[];
  return containers.filter((spec) => volumesOf(spec).includes(volume)).map(({ name }) => name);
}
