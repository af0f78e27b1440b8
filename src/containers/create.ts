import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, posix } from 'node:path';
import { toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { chainIds } from '../oci/chain.ts';
import type { ContainerConfig, Healthcheck } from '../oci/types.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import { imageSnapshot } from '../ops/image.ts';
import type { Image } from '../ops/image-source.ts';
import { type MountPoint, overlayFor, POINTS, SKELETONS } from '../ops/sandbox-root.ts';
import { resolveUser } from '../ops/users.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import { CONTAINER_VERSION } from '../store/containers.ts';
import type { Store } from '../store/open.ts';
import { newContainerId, randomNames } from './names.ts';
import type { PortRequest } from './parse-port.ts';
import { bindPorts, exposedPorts } from './ports.ts';
import { argumentsOf, type ContainerSpec, type MountSpec } from './spec.ts';
import { createVolumes, type MountRequest, sourceType } from './volumes.ts';

/** What of the specification is as the command line says it. */
type AsGiven = Pick<
  ContainerSpec,
  | 'readonlyRoot'
  | 'interactive'
  | 'tty'
  | 'autoRemove'
  | 'init'
  | 'privileged'
  | 'limits'
  | 'ulimits'
  | 'shmSize'
  | 'capabilities'
  | 'hosts'
>;

/** What a container is created with, beside its image's configuration. */
export interface CreateOptions extends AsGiven {
  name?: string | undefined;
  /** In the place of CMD. */
  command: readonly string[];
  /** In the place of ENTRYPOINT; empty for none. CMD of the image then does not count. */
  entrypoint?: readonly string[] | undefined;
  /** `NAME=value`, on top of the image's. */
  environment: readonly string[];
  mounts: readonly MountRequest[];
  ports: readonly PortRequest[];
  /** All ports that the image exposes, on free ones of this machine. */
  publishAll: boolean;
  directory?: string | undefined;
  user?: string | undefined;
  network: 'default' | 'host' | 'none';
  hostname?: string | undefined;
  labels: Readonly<Record<string, string>>;
  stopSignal?: string | undefined;
  stopTimeout: number;
  /** On top of the image's. */
  health?: Healthcheck | undefined;
}

export interface CreateContext {
  store: Store;
  snapshots: Snapshots;
  layers: BaseLayers;
}

/** Creates a container of an image, with a writable layer of its own; it does not run. The store is held. */
export async function createContainer(
  image: Image,
  name: string,
  options: CreateOptions,
  context: CreateContext,
): Promise<ContainerSpec> {
  const { store, snapshots, layers } = context;
  const { manifest } = image;
  const diffIds = image.config.rootfs.diff_ids;
  const snapshot = imageSnapshot(snapshots, { layers: manifest.layers, diffIds, chain: chainIds(diffIds) });
  const config = configOf(image.config.config ?? {}, options);
  requireCommand(config);
  const view = await layers.view(snapshot);
  resolveUser(view, config.User);
  const id = newContainerId();
  const draft = snapshots.draft(snapshot);
  try {
    const requests = [...options.mounts, ...imageVolumes(config, options.mounts)];
    const ports = await bindPorts([...options.ports, ...(options.publishAll ? exposedPorts(config) : [])]);
    const points = mountPoints(requests, config);
    await overlayFor(snapshots, { draft, view, state: draft.directory }, points);
    const mounts = await createVolumes(requests, {
      view,
      store,
      directory: draft.directory,
      userXattrs: snapshots.userXattrs,
    });
    const spec: ContainerSpec = {
      version: CONTAINER_VERSION,
      id,
      name: options.name ?? '',
      created: new Date().toISOString(),
      image: { name, manifest: image.descriptor.digest, id: manifest.config.digest },
      snapshot,
      config,
      mounts,
      ports,
      hostname: options.hostname ?? id.slice(0, 12),
      ...sameOptions(options),
    };
    return (await store.containers.add(draft.directory, spec, randomNames())) as ContainerSpec;
  } finally {
    if (existsSync(draft.directory)) rmSync(draft.directory, { recursive: true, force: true });
  }
}

function sameOptions(options: CreateOptions) {
  const { network, readonlyRoot, interactive, tty, autoRemove, init, privileged, limits, ulimits } = options;
  const { shmSize, capabilities, hosts, stopTimeout } = options;
  const processes = { autoRemove, init, privileged, limits, ulimits, capabilities, stopTimeout };
  return { network, readonlyRoot, interactive, tty, shmSize, hosts, ...processes };
}

/** Which files a container of this directory has below its own layer. */
export function layersBelow(directory: string): { top: string | undefined; bottom: string } {
  const points = join(directory, POINTS);
  const [skeleton = ''] = readdirSync(join(directory, SKELETONS));
  return { top: existsSync(points) ? points : undefined, bottom: join(directory, SKELETONS, skeleton) };
}

function configOf(image: ContainerConfig, options: CreateOptions): ContainerConfig {
  const { entrypoint, command } = options;
  const keepsCommand = command.length === 0 && entrypoint === undefined;
  return {
    ...image,
    Env: mergedEnvironment(image.Env ?? [], options.environment),
    Entrypoint: entrypoint ?? image.Entrypoint,
    Cmd: keepsCommand ? image.Cmd : command,
    User: options.user ?? image.User,
    WorkingDir: posix.resolve('/', options.directory ?? (image.WorkingDir || '/')),
    Labels: { ...image.Labels, ...options.labels },
    StopSignal: options.stopSignal ?? image.StopSignal,
    Healthcheck: options.health === undefined ? image.Healthcheck : { ...image.Healthcheck, ...options.health },
  };
}

function requireCommand(config: ContainerConfig): void {
  if (argumentsOf(config).length > 0) return;
  throw new TsbuildError('INVALID', 'no command: the image has neither ENTRYPOINT nor CMD', {
    hint: 'give one: tsbuild run IMAGE COMMAND',
  });
}

/** The image's variables, with the user's in their place. */
function mergedEnvironment(image: readonly string[], own: readonly string[]): string[] {
  const variables = new Map<string, string>();
  for (const pair of [...image, ...own]) {
    const equals = pair.indexOf('=');
    variables.set(equals < 0 ? pair : pair.slice(0, equals), equals < 0 ? '' : pair.slice(equals + 1));
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

/** VOLUME: an anonymous volume where nothing else is mounted. */
function imageVolumes(config: ContainerConfig, own: readonly MountRequest[]): MountRequest[] {
  const taken = new Set(own.map(({ target }) => posix.normalize(target).replace(/(.)\/$/, '$1')));
  return Object.keys(config.Volumes ?? {})
    .map((path) => posix.resolve('/', path))
    .filter((path) => path !== '/' && !taken.has(path))
    .map((target) => ({ type: 'volume', name: undefined, target, readonly: false, copy: true }));
}

function mountPoints(mounts: readonly MountRequest[], config: ContainerConfig): MountPoint[] {
  const below = (target: string) => toBytePath(posix.resolve('/', target).slice(1));
  const points = mounts.map((mount) => ({ path: below(mount.target), type: sourceType(mount) }));
  const { WorkingDir = '/' } = config;
  return WorkingDir === '/' ? points : [...points, { path: below(WorkingDir), type: 'directory' }];
}

/** The names of the volumes that a container uses. */
export function volumesOf({ mounts }: { mounts: readonly MountSpec[] }): string[] {
  return mounts.flatMap((mount) => (mount.type === 'volume' ? [mount.name] : []));
}
