import type { BytePath } from '../../base/bytepath.ts';

/** The mounts of a RUN as its vertex has them: targets are absolute, `input` numbers an input of the vertex. */
export type MountOp = BindOp | CacheOp | TmpfsOp | SecretOp | SshOp;

/** Who a file or directory belongs to, and its mode. */
export interface OwnerFields {
  mode?: number | undefined;
  uid?: number | undefined;
  gid?: number | undefined;
}

/** Where the planner has put what is mounted from a build context, alone in a tree of its own. */
export const CONTEXT_SOURCE = 'content';

/** A path in the tree that an input of the vertex made. */
export interface TreePath {
  input: number;
  source: BytePath;
}

export interface BindOp extends TreePath {
  type: 'bind';
  target: BytePath;
  readonly: boolean;
}

export interface CacheOp extends OwnerFields {
  type: 'cache';
  target: BytePath;
  readonly: boolean;
  /** Caches of the same namespace and id are one. */
  namespace: string;
  id: string;
  sharing: 'shared' | 'private' | 'locked';
  /** What a new cache begins with. */
  seed?: TreePath | undefined;
  /** The directory of the cache that is mounted, in the place of all of it. */
  directory?: BytePath | undefined;
}

export interface TmpfsOp {
  type: 'tmpfs';
  target: BytePath;
  readonly: boolean;
  size?: number | undefined;
}

export interface SecretOp extends OwnerFields {
  type: 'secret';
  id: string;
  /** Undefined where the value is given as a variable alone. */
  target?: BytePath | undefined;
  env?: string | undefined;
  required: boolean;
}

export interface SshOp extends OwnerFields {
  type: 'ssh';
  id: string;
  target: BytePath;
  required: boolean;
}

/** What the op of a mount reads of the inputs. */
export function treePathOf(mount: MountOp): TreePath | undefined {
  if (mount.type === 'bind') return mount;
  return mount.type === 'cache' ? mount.seed : undefined;
}
