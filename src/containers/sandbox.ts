import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BindMount, ExecSpec, RunningContainer, SandboxSpec, TmpfsMount } from '../../runner/index.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { stackOf, writeEtcFiles } from '../ops/sandbox-root.ts';
import { findUser, MAX_ACCOUNTS_SIZE, type ProcessUser, possibleUser, resolveUser } from '../ops/users.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { layersBelow } from './create.ts';
import { environmentOf } from './environment.ts';
import { LiveRoot } from './live-root.ts';
import { argumentsOf, type ContainerSpec } from './spec.ts';
import { sourceType } from './volumes.ts';

/** What containers run on. */
export interface ContainerContext {
  store: Store;
  snapshots: Snapshots;
  singleUid: boolean;
  /** Told when a program of another user runs as root because this user namespace maps a single id. */
  onOwnershipLost: () => void;
  warn: (message: string) => void;
}

/** The network a container gets, and who answers in it for a resolver on the host's loopback. */
export interface ContainerNetwork {
  use: SandboxSpec['network'];
  nameserver?: string | undefined;
}

/** A container as a sandbox: its layer over those of the image, its mounts, and the rights it was created with. */
export async function sandboxOf(
  spec: ContainerSpec,
  network: ContainerNetwork,
  context: ContainerContext,
): Promise<SandboxSpec> {
  const { store, snapshots } = context;
  const directory = store.containers.path(spec.id);
  requireLayers(spec, snapshots);
  const user = await userOf(spec, context);
  const { hostname, hosts, tty } = spec;
  const work = join(directory, 'work');
  mkdirSync(work, { recursive: true, mode: 0o700 });
  return {
    overlay: await stackOf(snapshots, {
      snapshot: spec.snapshot,
      upper: join(directory, 'fs'),
      work,
      ...layersBelow(directory),
      durable: true,
    }),
    args: argumentsOf(spec.config),
    env: environmentOf(spec, { home: user.home, tty }),
    cwd: spec.config.WorkingDir ?? '/',
    user,
    hostname,
    network: network.use,
    ...mountsOf(spec, store),
    ...rightsOf(spec, context),
    readonlyRoot: spec.readonlyRoot,
    etc: writeEtcFiles(join(directory, 'etc'), hostname, { hosts, nameserver: network.nameserver }),
    shmSize: spec.shmSize,
    limits: spec.limits,
    init: spec.init,
  };
}

/** What `exec` asks for. */
export interface ExecRequest {
  args: readonly string[];
  /** `NAME=value`, on top of the container's. */
  environment: readonly string[];
  directory?: string | undefined;
  user?: string | undefined;
  tty: boolean;
  interactive: boolean;
  privileged: boolean;
}

/**
 * A program more in a container, with the container's environment, directory, user and rights.
 * @param root the path of the root of the container, in which others change names meanwhile
 */
export function execOf(
  spec: ContainerSpec,
  request: ExecRequest,
  root: string,
  { network, ...context }: ContainerContext & { network: ContainerNetwork },
): ExecSpec {
  const live = new LiveRoot(root);
  const accounts = (path: BytePath) => live.readSmallFile(path, MAX_ACCOUNTS_SIZE)?.toString() ?? '';
  const user = possibleUser(findUser(accounts, request.user ?? spec.config.User), context);
  const environment = { home: user.home, tty: request.tty, more: request.environment };
  const rights = rightsOf(spec, context);
  return {
    args: request.args,
    env: environmentOf(spec, environment),
    cwd: request.directory ?? spec.config.WorkingDir ?? '/',
    user,
    ...rights,
    insecure: rights.insecure || request.privileged,
    ownNetwork: network.use !== 'host',
  };
}

/** The container's own root, with all that is mounted in it. */
export function rootOf({ pid }: RunningContainer): string {
  return `/proc/${pid}/root`;
}

function rightsOf({ capabilities, privileged, ulimits }: ContainerSpec, { singleUid }: ContainerContext) {
  return { capabilities, insecure: privileged, ulimits, singleUid };
}

/** Looks the user up in what the container has made of its image. It does not run. */
async function userOf(spec: ContainerSpec, context: ContainerContext): Promise<ProcessUser> {
  const view = await context.snapshots.viewBelow(context.store.containers.path(spec.id, 'fs'), spec.snapshot);
  return possibleUser(resolveUser(view, spec.config.User), context);
}

function mountsOf({ mounts, id }: ContainerSpec, { volumes }: Store): { mounts: BindMount[]; tmpfs: TmpfsMount[] } {
  const binds: BindMount[] = [];
  const tmpfs: TmpfsMount[] = [];
  for (const mount of mounts) {
    const target = toBytePath(mount.target);
    if (mount.type === 'tmpfs') {
      const { size, mode, readonly } = mount;
      tmpfs.push({ target, size, mode, readonly });
      continue;
    }
    if (mount.type === 'volume' && volumes.get(mount.name) === undefined) {
      throw new TsbuildError('NOT_FOUND', `the volume ${mount.name} of container ${id.slice(0, 12)} is gone`, {
        hint: `make it again with \`tsbuild volume create ${mount.name}\`, or remove the container`,
      });
    }
    const source = mount.type === 'volume' ? volumes.data(mount.name) : mount.source;
    const kind = sourceType(mount);
    binds.push({ source: toBytePath(source), target, readonly: mount.readonly, recursive: true, kind });
  }
  return { mounts: binds, tmpfs };
}

function requireLayers({ id, snapshot, image }: ContainerSpec, snapshots: Snapshots): void {
  const isHere = snapshots.complete(snapshot) && snapshots.missing(snapshot).length === 0;
  if (isHere) return;
  throw new TsbuildError('STORE', `layers below container ${id.slice(0, 12)} are gone from the store`, {
    hint: `\`tsbuild rm\` it, and run ${image.name} again`,
  });
}
