/** What all processes of a container may use together. */
export interface Limits {
  /** Bytes. */
  memory?: number | undefined;
  /** Bytes of memory and swap together; -1 for any. */
  memorySwap?: number | undefined;
  /** Weight against others, 2 to 262144; 1024 is usual. */
  cpuShares?: number | undefined;
  /** Microseconds in which `cpuQuota` microseconds of processors may be used. */
  cpuPeriod?: number | undefined;
  cpuQuota?: number | undefined;
  /** Processors, and nodes of memory, as lists: `0-2,4`. */
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  /** Processes and threads. */
  pids?: number | undefined;
}

export type Controller = 'memory' | 'cpu' | 'cpuset' | 'pids';

/** A file of a control group and what to write to it. With `optional` the kernel may lack it. */
export interface Setting {
  controller: Controller;
  file: string;
  value: string;
  optional?: boolean;
}

const DEFAULT_PERIOD = 100_000;
/** The launcher's two processes are in the group too. */
const OWN_PROCESSES = 2;

/** The controllers that limits need. */
export function controllersOf(limits: Limits): Controller[] {
  return [...new Set(settingsOf(limits, 1).map(({ controller }) => controller))];
}

/** The settings in the order in which they are to be written (cgroups(7); cgroup-v2.rst). */
export function settingsOf(limits: Limits, version: 1 | 2): Setting[] {
  const settings = version === 1 ? settingsOfV1(limits) : settingsOfV2(limits);
  return settings.filter((setting): setting is Setting => setting !== undefined);
}

function settingsOfV1(limits: Limits): (Setting | undefined)[] {
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems } = limits;
  return [
    setting('memory', 'memory.limit_in_bytes', memory),
    setting('memory', 'memory.memsw.limit_in_bytes', memorySwap, true),
    setting('cpu', 'cpu.shares', cpuShares),
    setting('cpu', 'cpu.cfs_period_us', cpuPeriod),
    setting('cpu', 'cpu.cfs_quota_us', cpuQuota),
    setting('cpuset', 'cpuset.cpus', cpusetCpus),
    setting('cpuset', 'cpuset.mems', cpusetMems),
    pidsSetting(limits),
  ];
}

function settingsOfV2(limits: Limits): (Setting | undefined)[] {
  const { memory, memorySwap, cpuShares, cpuPeriod = DEFAULT_PERIOD, cpuQuota, cpusetCpus, cpusetMems } = limits;
  const hasQuota = cpuQuota !== undefined || limits.cpuPeriod !== undefined;
  const quota = cpuQuota === undefined || cpuQuota <= 0 ? 'max' : cpuQuota;
  const swap = memorySwap === undefined || memorySwap < 0 ? memorySwap && 'max' : memorySwap - (memory ?? 0);
  return [
    setting('memory', 'memory.max', memory),
    setting('memory', 'memory.swap.max', swap, true),
    setting('cpu', 'cpu.weight', cpuShares && weightOf(cpuShares)),
    setting('cpu', 'cpu.max', hasQuota ? `${quota} ${cpuPeriod}` : undefined),
    setting('cpuset', 'cpuset.cpus', cpusetCpus),
    setting('cpuset', 'cpuset.mems', cpusetMems),
    pidsSetting(limits),
  ];
}

function pidsSetting({ pids }: Limits): Setting | undefined {
  return setting('pids', 'pids.max', pids && pids + OWN_PROCESSES);
}

function setting(
  controller: Controller,
  file: string,
  value: number | string | undefined,
  optional = false,
): Setting | undefined {
  return value === undefined ? undefined : { controller, file, value: String(value), optional };
}

/** 2…262144 as 1…10000, the way the OCI runtimes do. */
function weightOf(shares: number): number {
  return 1 + Math.floor(((shares - 2) * 9999) / 262_142);
}
