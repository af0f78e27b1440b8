import { CAPABILITY_NAMES } from '../../runner/index.ts';
import type { Store } from '../store/open.ts';
import { argumentsOf, type ContainerSpec } from './spec.ts';
import type { ContainerState } from './state.ts';

/** A container with the fields that docker's `inspect` gives, as far as they mean something here. */
export function inspectContainer(spec: ContainerSpec, state: ContainerState, { volumes, containers }: Store) {
  const [path = '', ...args] = argumentsOf(spec.config);
  return {
    Id: spec.id,
    Created: spec.created,
    Path: path,
    Args: args,
    State: stateOf(state),
    Image: spec.image.id,
    LogPath: containers.path(spec.id, 'log.jsonl'),
    Name: `/${spec.name}`,
    RestartCount: 0,
    HostConfig: hostConfigOf(spec),
    Mounts: spec.mounts.map((mount) => {
      const common = { Type: mount.type, Destination: mount.target, RW: !mount.readonly };
      if (mount.type === 'bind') return { ...common, Source: mount.source };
      if (mount.type === 'tmpfs') return common;
      return { ...common, Name: mount.name, Source: volumes.data(mount.name), Driver: 'local' };
    }),
    Config: {
      Hostname: spec.hostname,
      Image: spec.image.name,
      Tty: spec.tty,
      OpenStdin: spec.interactive,
      ...spec.config,
    },
    NetworkSettings: { Ports: state.status === 'running' ? portMap(spec) : {} },
  };
}

const NEVER = '0001-01-01T00:00:00Z';

function stateOf({ status, pid, exitCode, error, outOfMemory, startedAt, finishedAt, health }: ContainerState) {
  return {
    Status: status,
    Running: status === 'running',
    Paused: false,
    Restarting: false,
    OOMKilled: outOfMemory === true,
    Dead: false,
    Pid: status === 'running' ? (pid ?? 0) : 0,
    ExitCode: exitCode,
    Error: error ?? '',
    StartedAt: startedAt ?? NEVER,
    FinishedAt: finishedAt ?? NEVER,
    ...(health && {
      Health: {
        Status: health.status,
        FailingStreak: health.failingStreak,
        Log: health.log.map(({ start, end, exitCode: code, output }) => ({
          Start: start,
          End: end,
          ExitCode: code,
          Output: output,
        })),
      },
    }),
  };
}

const PERIOD = 100_000;
const NANOSECONDS = 1e9;

function hostConfigOf(spec: ContainerSpec) {
  const { limits = {}, capabilities } = spec;
  const { memory = 0, memorySwap = 0, cpuShares = 0, cpuPeriod = PERIOD, cpuQuota, pids = null } = limits;
  return {
    NetworkMode: spec.network,
    PortBindings: portMap(spec),
    AutoRemove: spec.autoRemove,
    Privileged: spec.privileged,
    ReadonlyRootfs: spec.readonlyRoot,
    Init: spec.init,
    Capabilities: capabilities?.map((number) => `CAP_${CAPABILITY_NAMES[number]}`) ?? null,
    ExtraHosts: spec.hosts.map(({ name, address }) => `${name}:${address}`),
    Memory: memory,
    MemorySwap: memorySwap,
    CpuShares: cpuShares,
    NanoCpus: cpuQuota === undefined || cpuQuota < 0 ? 0 : Math.round((cpuQuota / cpuPeriod) * NANOSECONDS),
    PidsLimit: pids,
    ShmSize: spec.shmSize ?? 64 << 20,
    Ulimits: spec.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: Number(soft), Hard: Number(hard) })),
    RestartPolicy: { Name: 'no', MaximumRetryCount: 0 },
  };
}

function portMap({ ports }: ContainerSpec): Record<string, { HostIp: string; HostPort: string }[]> {
  const map: Record<string, { HostIp: string; HostPort: string }[]> = {};
  for (const { port, protocol, address, hostPort } of ports) {
    const name = `${port}/${protocol}`;
    map[name] = [...(map[name] ?? []), { HostIp: address, HostPort: String(hostPort) }];
  }
  return map;
}
