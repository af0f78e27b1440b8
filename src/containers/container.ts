import { statSync } from 'node:fs';
import { join, posix, resolve } from 'node:path';
import { type BindMount, type RunningContainer, runSandbox, type SandboxExit } from '../../runner/index.ts';
import { toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { chainIds } from '../oci/chain.ts';
import { DEFAULT_PATH } from '../oci/default-path.ts';
import type { ContainerConfig } from '../oci/types.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import { imageSnapshot } from '../ops/image.ts';
import type { Image } from '../ops/image-source.ts';
import { overlayFor, writeEtcFiles } from '../ops/sandbox-root.ts';
import { possibleUser, resolveUser } from '../ops/users.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';

/** What a container is started with, beside its image's configuration. */
export interface ContainerOptions {
  /** In the place of CMD. */
  command: readonly string[];
  /** In the place of ENTRYPOINT; empty for none. CMD of the image then does not count. */
  entrypoint?: readonly string[] | undefined;
  /** `NAME=value`, on top of the image's. */
  environment: readonly string[];
  volumes: readonly Volume[];
  directory?: string | undefined;
  user?: string | undefined;
  network: 'host' | 'none';
  hostname?: string | undefined;
  readonlyRoot: boolean;
  interactive: boolean;
}

/** `-v HOST:CONTAINER[:ro]`. */
export interface Volume {
  source: string;
  target: string;
  readonly: boolean;
}

export interface ContainerContext {
  snapshots: Snapshots;
  layers: BaseLayers;
  state: string;
  singleUid: boolean;
  /** Told when a program of another user runs as root because this user namespace maps a single id. */
  onOwnershipLost: () => void;
  /** Kills the container. */
  signal: AbortSignal;
  /** Called once the container exists, with what sends signals to its first process. */
  onStart?: ((container: RunningContainer) => void) | undefined;
}

/**
 * Runs a container in the foreground, on our own standard streams, with a writable layer that is gone when it ends.
 */
export async function runContainer(
  image: Image,
  options: ContainerOptions,
  context: ContainerContext,
): Promise<SandboxExit> {
  const { snapshots, layers, state } = context;
  const { manifest, config } = image;
  const diffIds = config.rootfs.diff_ids;
  const snapshot = imageSnapshot(snapshots, { layers: manifest.layers, diffIds, chain: chainIds(diffIds) });
  const view = await layers.view(snapshot);
  const settings = config.config ?? {};
  const args = argumentsOf(settings, options);
  const user = possibleUser(resolveUser(view, options.user ?? settings.User), context);
  const hostname = options.hostname ?? image.manifest.config.digest.slice('sha256:'.length, 'sha256:'.length + 12);
  const directory = posix.resolve('/', options.directory ?? (settings.WorkingDir || '/'));
  const mounts = options.volumes.map(mountOf);
  const draft = snapshots.draft(snapshot);
  try {
    const points = mounts.map(({ target, kind }) => ({ path: target.slice(1), type: kind ?? ('directory' as const) }));
    const workdir = { path: directory.slice(1), type: 'directory' as const };
    const overlay = await overlayFor(
      snapshots,
      { draft, view, state },
      directory === '/' ? points : [...points, workdir],
    );
    return await runSandbox(
      {
        overlay,
        args: args.map(toBytePath),
        env: environmentOf(settings, options, { HOME: user.home, HOSTNAME: hostname }).map(toBytePath),
        cwd: toBytePath(directory),
        user,
        hostname,
        network: options.network,
        readonlyRoot: options.readonlyRoot,
        mounts,
        etc: writeEtcFiles(join(draft.directory, 'etc'), hostname),
        singleUid: context.singleUid,
      },
      {
        stdin: options.interactive ? 'inherit' : 'null',
        stdout: 'inherit',
        stderr: 'inherit',
        signal: context.signal,
        onStart: context.onStart,
      },
    );
  } finally {
    snapshots.discard(draft);
  }
}

/** ENTRYPOINT and CMD as docker joins them. */
function argumentsOf(settings: ContainerConfig, options: ContainerOptions): string[] {
  const entrypoint = options.entrypoint ?? settings.Entrypoint ?? [];
  const command =
    options.command.length > 0 || options.entrypoint !== undefined ? options.command : (settings.Cmd ?? []);
  const args = [...entrypoint, ...command];
  if (args.length > 0) return args;
  throw new TsbuildError('INVALID', 'no command: the image has neither ENTRYPOINT nor CMD', {
    hint: 'give one: tsbuild run IMAGE COMMAND',
  });
}

/** The image's variables, then the user's in their place; defaults only where neither has a name. */
function environmentOf(
  settings: ContainerConfig,
  options: ContainerOptions,
  defaults: Record<string, string>,
): string[] {
  const variables = new Map(Object.entries({ PATH: DEFAULT_PATH, ...defaults }));
  for (const pair of [...(settings.Env ?? []), ...options.environment]) {
    const equals = pair.indexOf('=');
    variables.set(equals < 0 ? pair : pair.slice(0, equals), equals < 0 ? '' : pair.slice(equals + 1));
  }
  return [...variables].map(([name, value]) => `${name}=${value}`);
}

function mountOf({ source, target, readonly }: Volume): BindMount {
  const path = resolve(source);
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) {
    throw new TsbuildError('NOT_FOUND', `volume ${source} does not exist`, { hint: 'make the directory first' });
  }
  const kind = stats.isDirectory() ? 'directory' : 'file';
  return { source: toBytePath(path), target: toBytePath(posix.resolve('/', target)), readonly, recursive: true, kind };
}
