import { readFileSync } from 'node:fs';
import { CAPABILITY_NAMES, capabilityOf, capabilitySet } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { didYouMean } from '../base/suggest.ts';
import { bytes, hostEntries, limitsOf, stepSettings } from '../build/step-options.ts';
import type { CreateOptions } from '../containers/create.ts';
import { parseMount, parseTmpfs, parseVolume } from '../containers/parse-mount.ts';
import { parsePort } from '../containers/parse-port.ts';
import { signalOf } from '../containers/signal.ts';
import { DEFAULT_STOP_TIMEOUT } from '../containers/spec.ts';
import { RESTRICTED_NAME } from '../store/volumes.ts';
import { splitPair } from './build-options.ts';
import { type HealthArguments, healthOf } from './health-options.ts';
import type { GlobalArguments } from './options.ts';

/** The options of `run` and `create` as yargs reads them. */
export interface ContainerArguments extends GlobalArguments, HealthArguments {
  name?: string | undefined;
  rm?: boolean | undefined;
  env?: string[] | undefined;
  envFile?: string[] | undefined;
  volume?: string[] | undefined;
  mount?: string[] | undefined;
  tmpfs?: string[] | undefined;
  publish?: string[] | undefined;
  publishAll?: boolean | undefined;
  workdir?: string | undefined;
  user?: string | undefined;
  entrypoint?: string | undefined;
  network?: string | undefined;
  hostname?: string | undefined;
  addHost?: string[] | undefined;
  label?: string[] | undefined;
  labelFile?: string[] | undefined;
  interactive?: boolean | undefined;
  tty?: boolean | undefined;
  init?: boolean | undefined;
  privileged?: boolean | undefined;
  readOnly?: boolean | undefined;
  restart?: string | undefined;
  stopSignal?: string | undefined;
  stopTimeout?: string | undefined;
  capAdd?: string[] | undefined;
  capDrop?: string[] | undefined;
  memory?: string | undefined;
  memorySwap?: string | undefined;
  cpus?: string | undefined;
  cpuShares?: string | undefined;
  cpuPeriod?: string | undefined;
  cpuQuota?: string | undefined;
  cpusetCpus?: string | undefined;
  cpusetMems?: string | undefined;
  pidsLimit?: string | undefined;
  shmSize?: string | undefined;
  ulimit?: string[] | undefined;
}

/** Checks the options of a container. USAGE for what cannot be. */
export function createOptionsOf(argv: ContainerArguments, command: readonly string[]): CreateOptions {
  const { entrypoint } = argv;
  const network = networkOf(argv);
  const ports = (argv.publish ?? []).flatMap(parsePort);
  refuseRestart(argv.restart);
  const { shmSize, ulimits = [] } = stepSettings({ shmSize: argv.shmSize, ulimit: argv.ulimit });
  return {
    name: nameOf(argv.name),
    command,
    entrypoint: entrypoint === undefined ? undefined : entrypoint === '' ? [] : [entrypoint],
    environment: [...linesOf(argv.envFile), ...(argv.env ?? [])].flatMap(variableOf),
    mounts: mountsOf(argv),
    ports: network === 'default' ? ports : [],
    publishAll: argv.publishAll === true && network === 'default',
    directory: argv.workdir,
    user: argv.user,
    network,
    hostname: argv.hostname,
    labels: Object.fromEntries([...linesOf(argv.labelFile), ...(argv.label ?? [])].map(labelOf)),
    stopSignal: argv.stopSignal === undefined ? undefined : signalName(argv.stopSignal, '--stop-signal'),
    stopTimeout: secondsOf('stop-timeout', argv.stopTimeout) ?? DEFAULT_STOP_TIMEOUT,
    health: healthOf(argv),
    readonlyRoot: argv.readOnly === true,
    interactive: argv.interactive === true,
    tty: argv.tty === true,
    autoRemove: argv.rm === true,
    init: argv.init === true,
    privileged: argv.privileged === true,
    limits: limitsOf({ ...argv, cpuQuota: cpuQuotaOf(argv) }),
    ulimits,
    shmSize,
    capabilities: capabilitiesOf(argv),
    hosts: hostEntries({ addHost: argv.addHost, network }),
  };
}

function nameOf(name: string | undefined): string | undefined {
  if (name === undefined || RESTRICTED_NAME.test(name)) return name;
  throw new TsbuildError('USAGE', `${JSON.stringify(name)} is no name for a container`, {
    hint: 'use two or more letters, digits, _ . and -, a letter or digit first',
  });
}

const NETWORKS = ['default', 'host', 'none'] as const;

/** With the network of the host there is nothing to publish, as docker warns too. */
function networkOf({ network, publish }: ContainerArguments): CreateOptions['network'] {
  const found = NETWORKS.find((name) => name === network) ?? (network === 'bridge' ? 'default' : undefined);
  if (network !== undefined && found === undefined) {
    throw new TsbuildError('USAGE', `--network ${network}: there are no networks with names`, {
      hint: `use one of ${NETWORKS.join(', ')}`,
    });
  }
  if (publish?.length && found === 'host') {
    process.stderr.write('warning: published ports are discarded when using host network mode\n');
  }
  return found ?? 'default';
}

function refuseRestart(restart: string | undefined): void {
  if (restart === undefined || restart === 'no') return;
  throw new TsbuildError('USAGE', `--restart ${restart}: nothing here outlives a reboot to start containers again`, {
    hint: 'let systemd or your CI run `tsbuild run` or `tsbuild start -a`, and restart that',
  });
}

function mountsOf({ volume, mount, tmpfs }: ContainerArguments): CreateOptions['mounts'] {
  const mounts = [
    ...(volume ?? []).map(parseVolume),
    ...(mount ?? []).map((text) => parseMount(text, (size) => bytes('mount', size))),
    ...(tmpfs ?? []).map((text) => parseTmpfs(text, (size) => bytes('tmpfs', size))),
  ];
  const targets = mounts.map(({ target }) => target);
  const twice = targets.find((target, index) => targets.indexOf(target) !== index);
  if (twice === undefined) return mounts;
  throw new TsbuildError('USAGE', `two mounts have the same target: ${twice}`, { hint: 'leave one of them out' });
}

/** `NAME` alone takes the value of our environment, and nothing where there is none. */
export function variableOf(text: string): string[] {
  const [name, value = process.env[name]] = splitPair(text);
  if (name === '') throw new TsbuildError('USAGE', `--env ${text} has no name`);
  return value === undefined ? [] : [`${name}=${value}`];
}

/** Lines of files that are neither empty nor comments. */
export function linesOf(paths: readonly string[] | undefined): string[] {
  return (paths ?? []).flatMap((path) =>
    readFileSync(path, 'utf8')
      .split(/\r?\n/)
      .map((line) => line.trimStart())
      .filter((line) => line !== '' && !line.startsWith('#')),
  );
}

function labelOf(text: string): [string, string] {
  const [name, value = ''] = splitPair(text);
  if (name === '') throw new TsbuildError('USAGE', `--label ${text} has no name`);
  return [name, value];
}

const PERIOD = 100_000;

function cpuQuotaOf({ cpus, cpuQuota }: ContainerArguments): string | undefined {
  if (cpus === undefined) return cpuQuota;
  const count = Number(cpus);
  if (/^\d+(\.\d+)?$/.test(cpus) && count >= 0.01) return String(Math.round(count * PERIOD));
  throw new TsbuildError('USAGE', `--cpus ${cpus}: it is no number from 0.01 on`, { hint: 'write e.g. 1.5' });
}

function capabilitiesOf({ capAdd = [], capDrop = [] }: ContainerArguments): number[] | undefined {
  for (const name of [...capAdd, ...capDrop]) {
    if (name.toUpperCase() === 'ALL' || capabilityOf(name) !== undefined) continue;
    const near = didYouMean(name.toUpperCase(), CAPABILITY_NAMES);
    throw new TsbuildError('USAGE', `unknown capability: ${name}`, { hint: near ?? 'capabilities(7) lists them' });
  }
  return capAdd.length + capDrop.length === 0 ? undefined : capabilitySet(capAdd, capDrop);
}

export function secondsOf(option: string, text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  if (/^(-1|\d{1,8})$/.test(text)) return Number(text);
  throw new TsbuildError('USAGE', `--${option} ${text}: it is no number of seconds`);
}

/** `TERM`, `SIGTERM`, `sigterm` or a number. */
export function signalName(text: string, option: string): NodeJS.Signals {
  const found = signalOf(text);
  if (found !== undefined) return found;
  throw new TsbuildError('USAGE', `${option} ${text}: there is no such signal`, { hint: 'e.g. TERM, HUP or 9' });
}
