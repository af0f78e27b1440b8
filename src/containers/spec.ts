import type { Limits, Ulimit } from '../../runner/index.ts';
import type { ContainerConfig } from '../oci/types.ts';
import type { HostEntry } from '../ops/sandbox-root.ts';
import type { HeldContainer } from '../store/containers.ts';

/** `-p`: what is connected to a port of this machine reaches one of the container. */
export interface PortBinding {
  /** Of this machine. */
  address: string;
  hostPort: number;
  port: number;
  protocol: 'tcp' | 'udp';
}

/** Something that is mounted into a container. `target` is absolute. */
export type MountSpec =
  | { type: 'bind'; source: string; target: string; readonly: boolean }
  | { type: 'volume'; name: string; target: string; readonly: boolean; copy: boolean }
  | { type: 'tmpfs'; target: string; size?: number | undefined; mode?: number | undefined; readonly: boolean };

/** Everything that a container was created with (`spec.json`). It is never changed. */
export interface ContainerSpec extends HeldContainer {
  /** The image's, with what the command line says in its place. */
  config: ContainerConfig;
  hostname: string;
  network: 'default' | 'host' | 'none';
  ports: readonly PortBinding[];
  mounts: readonly MountSpec[];
  readonlyRoot: boolean;
  /** Whether standard input stays open. */
  interactive: boolean;
  tty: boolean;
  /** `--rm`. */
  autoRemove: boolean;
  init: boolean;
  privileged: boolean;
  limits?: Limits | undefined;
  ulimits: readonly Ulimit[];
  /** Bytes. */
  shmSize?: number | undefined;
  /** Numbers; undefined for the usual ones. */
  capabilities?: readonly number[] | undefined;
  hosts: readonly HostEntry[];
  /** Seconds between asking a container to stop and killing it. */
  stopTimeout: number;
}

export const DEFAULT_STOP_TIMEOUT = 10;

/** The program and its arguments: ENTRYPOINT and CMD as docker joins them. */
export function argumentsOf({ Entrypoint = [], Cmd = [] }: ContainerConfig): string[] {
  return [...Entrypoint, ...Cmd];
}

export function shortContainerId(id: string): string {
  return id.slice(0, 12);
}
