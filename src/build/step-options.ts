import { isIP } from 'node:net';
import type { Limits } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { parseSize } from '../base/size.ts';
import { didYouMean } from '../base/suggest.ts';
import type { Entitlement, StepSettings } from '../frontend/plan-types.ts';
import type { HostEntry } from '../ops/sandbox-root.ts';

/** Options of docker's build about how steps run, as they are written. */
export interface StepArguments {
  network?: string | undefined;
  addHost?: readonly string[] | undefined;
  allow?: readonly string[] | undefined;
  shmSize?: string | undefined;
  ulimit?: readonly string[] | undefined;
  memory?: string | undefined;
  memorySwap?: string | undefined;
  cpuShares?: string | undefined;
  cpuPeriod?: string | undefined;
  cpuQuota?: string | undefined;
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  pidsLimit?: string | undefined;
}

const NETWORKS = ['default', 'none', 'host'] as const;
const ENTITLEMENTS: readonly Entitlement[] = ['network.host', 'security.insecure'];
const ULIMITS = 'core cpu data fsize locks memlock msgqueue nice nofile nproc rss rtprio rttime sigpending stack'.split(
  ' ',
);
const ALL = Number.MAX_SAFE_INTEGER;

/** Checks the options that belong to the keys of steps. */
export function stepSettings({ network, shmSize, ulimit, allow }: StepArguments): StepSettings {
  return {
    network: network === undefined ? undefined : oneOf('network', network, NETWORKS),
    shmSize: shmSize === undefined ? undefined : bytes('shm-size', shmSize),
    ulimits: ulimit?.length ? ulimit.map(ulimitOf) : undefined,
    allow: (allow ?? []).map((name) => oneOf('allow', name, ENTITLEMENTS)),
  };
}

/** Undefined where nothing is limited. */
export function limitsOf(options: StepArguments): Limits | undefined {
  const { memory, memorySwap, cpuShares, cpuPeriod, cpuQuota, cpusetCpus, cpusetMems, pidsLimit } = options;
  const limits: Limits = {
    memory: memory === undefined ? undefined : bytes('memory', memory),
    memorySwap: memorySwap === undefined ? undefined : memorySwap === '-1' ? -1 : bytes('memory-swap', memorySwap),
    cpuShares: number('cpu-shares', cpuShares, 2, 262_144),
    cpuPeriod: number('cpu-period', cpuPeriod, 1000, 1_000_000),
    cpuQuota: cpuQuota === '-1' ? -1 : number('cpu-quota', cpuQuota, 1000, ALL),
    cpusetCpus: list('cpuset-cpus', cpusetCpus),
    cpusetMems: list('cpuset-mems', cpusetMems),
    pids: pidsLimit === '-1' ? undefined : number('pids-limit', pidsLimit, 1, 4_194_304),
  };
  if (limits.memorySwap !== undefined && limits.memorySwap >= 0 && limits.memorySwap < (limits.memory ?? ALL)) {
    throw invalid('memory-swap', memorySwap ?? '', 'it is memory and swap together, and less than --memory', '');
  }
  return Object.values(limits).every((limit) => limit === undefined) ? undefined : limits;
}

/** `NAME:ADDRESS` or `NAME=ADDRESS`, the address of version 6 in brackets or not. */
export function hostEntries({ addHost, network }: StepArguments): HostEntry[] {
  return (addHost ?? []).map((text) => {
    const [, name = '', written = ''] = /^([^:=\s]+)[:=]\[?([^\]\s]+)\]?$/.exec(text) ?? [];
    if (written === 'host-gateway') return { name, address: gateway(text, network) };
    if (isIP(written) !== 0) return { name, address: written };
    throw invalid('add-host', text, 'it is no NAME:ADDRESS', 'write e.g. db.test:192.0.2.7');
  });
}

/** The host, as steps on its own network reach it; an isolated one has no way to it. */
function gateway(text: string, network: string | undefined): string {
  if (network === 'host') return '127.0.0.1';
  throw invalid('add-host', text, 'the network of the steps has no way to the host', 'pass --network=host too');
}

/** `nofile=1024:2048`; -1 is unlimited. */
function ulimitOf(text: string): { name: string; soft: number; hard: number } {
  const [, name = '', soft = '', hard = soft] = /^([a-z]+)=(-1|\d{1,15})(?::(-1|\d{1,15}))?$/.exec(text) ?? [];
  if (name === '') throw invalid('ulimit', text, 'it is no NAME=SOFT[:HARD]', 'write e.g. nofile=1024:2048');
  const limit = { name: oneOf('ulimit', name, ULIMITS), soft: Number(soft), hard: Number(hard) };
  if (limit.hard >= 0 && (limit.soft < 0 || limit.soft > limit.hard))
    throw invalid('ulimit', text, 'the soft limit is above the hard one', 'write NAME=SOFT:HARD');
  return limit;
}

/** A number of bytes, at least one. */
export function bytes(option: string, text: string): number {
  const value = parseSize(text) ?? 0;
  if (value > 0) return value;
  throw invalid(option, text, 'it is no size', 'write a number with k, m or g, e.g. 64m');
}

function number(option: string, text: string | undefined, min: number, max: number): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  if (/^\d{1,16}$/.test(text) && value >= min && value <= max) return value;
  const range = max === ALL ? `of ${min} or more` : `from ${min} to ${max}`;
  throw invalid(option, text, `it is not a whole number ${range}`, '');
}

function list(option: string, text: string | undefined): string | undefined {
  if (text === undefined || /^\d+(-\d+)?(,\d+(-\d+)?)*$/.test(text)) return text;
  throw invalid(option, text, 'it is no list of numbers', 'write e.g. 0-2,4');
}

function oneOf<Name extends string>(option: string, text: string, names: readonly Name[]): Name {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  throw invalid(option, text, 'it is not known', didYouMean(text, names) ?? `use one of ${names.join(', ')}`);
}

function invalid(option: string, text: string, problem: string, hint: string): TsbuildError {
  return new TsbuildError('USAGE', `--${option} ${text}: ${problem}`, { hint: hint || undefined });
}
