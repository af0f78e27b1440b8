import { mkdirSync, readdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { readCarriedXattrs } from '../snapshot/carried-xattrs.ts';
import { deviceNumbers } from '../snapshot/device.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { resolvePath } from '../snapshot/resolve.ts';
import { type Tree, type TreeEntry, walkTree } from '../snapshot/tree.ts';
import type { Store } from '../store/open.ts';
import { removeTree } from '../store/remove-tree.ts';
import { newContainerId } from './names.ts';
import type { MountSpec } from './spec.ts';

type VolumeSpec = Extract<MountSpec, { type: 'volume' }>;

/** A mount as it is asked for: a volume without a name is made for this container alone. */
export type MountRequest =
  | Exclude<MountSpec, { type: 'volume' }>
  | (Omit<VolumeSpec, 'name'> & { name: string | undefined });

export interface VolumeContext {
  /** The image, which a new volume takes its first content from. */
  view: Tree;
  store: Store;
  /** On the file system of the store, and removed with whatever is left in it. */
  directory: string;
  userXattrs: boolean;
}

/** What is mounted: a directory, or (from this machine) also a file. */
export function sourceType(mount: MountRequest): 'directory' | 'file' {
  if (mount.type !== 'bind') return 'directory';
  const stats = statSync(mount.source, { throwIfNoEntry: false });
  if (stats !== undefined) return stats.isDirectory() ? 'directory' : 'file';
  throw new TsbuildError('NOT_FOUND', `volume ${mount.source} does not exist`, { hint: 'make the directory first' });
}

/** Makes the volumes that do not exist, and fills those that are empty with what the image has in their place. */
export async function createVolumes(
  mounts: readonly MountRequest[],
  context: VolumeContext,
): Promise<readonly MountSpec[]> {
  const { volumes } = context.store;
  const made: MountSpec[] = [];
  for (const mount of mounts) {
    if (mount.type !== 'volume') made.push(mount);
    else {
      const name = mount.name ?? newContainerId();
      volumes.create(name, { anonymous: mount.name === undefined });
      if (mount.copy && readdirSync(volumes.data(name)).length === 0) await fill(name, mount, context);
      made.push({ ...mount, name });
    }
  }
  return made;
}

/** Copies what the image has at the mount's target, owners and attributes included. */
async function fill(name: string, { target }: { target: string }, context: VolumeContext): Promise<void> {
  const { view, store, userXattrs } = context;
  const { path, entry } = resolvePath(view, toBytePath(posix.resolve('/', target).slice(1)), { followLast: true });
  if (entry?.type !== 'directory') return;
  const content = join(context.directory, uniqueName('volume-'));
  mkdirSync(content);
  await copyTree(content, { path, entry }, context);
  store.volumes.add(name, content);
  await removeTree(content);
  const writer = new LayerWriter(toBytePath(store.volumes.data(name)), onlyRoot(entry), { userXattrs });
  const xattrs = (await readCarriedXattrs([entry])).get(entry.hostPath);
  writer.putDirectory('', { ...entry, xattrs }, { replace: false });
  await writer.finish();
}

async function copyTree(
  directory: string,
  source: { path: BytePath; entry: TreeEntry },
  { view, userXattrs }: VolumeContext,
): Promise<void> {
  const writer = new LayerWriter(toBytePath(directory), onlyRoot(source.entry), { userXattrs });
  const found: { path: string; from: string; entry: TreeEntry }[] = [];
  walkTree(view, source.path, (from, entry) => {
    found.push({ path: from.slice(source.path === '' ? 0 : source.path.length + 1), from, entry });
  });
  const xattrs = await readCarriedXattrs(found.map(({ entry }) => entry));
  const first = new Map<string, string>();
  const options = { replace: false };
  for (const { path, from, entry } of found) {
    const attributes = { ...entry, xattrs: xattrs.get(entry.hostPath) };
    const file = `${entry.dev}:${entry.ino}`;
    const known = entry.type === 'file' && entry.nlink > 1 ? first.get(file) : undefined;
    if (known !== undefined) writer.putHardLink(path, known, options);
    else if (entry.type === 'directory') writer.putDirectory(path, attributes, options);
    else if (entry.type === 'symlink') writer.putSymlink(path, view.readlink(from), attributes, options);
    else if (entry.type === 'file') writer.putFileCopy(path, entry.hostPath, attributes, options);
    else if (entry.type !== 'socket') {
      writer.putNode({ path, type: entry.type, ...deviceNumbers(entry.rdev) }, attributes, options);
    }
    first.set(file, path);
  }
  await writer.finish();
}

/** Nothing but a directory with these attributes. */
function onlyRoot(entry: TreeEntry): Tree {
  return {
    lookup: (path) => (path === '' ? entry : undefined),
    children: () => [],
    readlink: (path) => {
      throw new TypeError(`not a symbolic link: ${path}`);
    },
  };
}
