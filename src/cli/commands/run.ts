import type { Argv, Options } from 'yargs';
import { flag, list, value } from '../option-kinds.ts';
import type { RunArguments } from '../run-action.ts';

/** Options of `run` and `create`: docker's. */
const CONTAINER_OPTIONS = {
  name: value('Name of the container; without one it gets one'),
  rm: flag('Remove the container and its anonymous volumes when it ends'),
  interactive: flag('Keep standard input open', 'i'),
  tty: flag('Give it a terminal of its own', 't'),
  env: list('NAME=VALUE, or NAME from the environment', 'e'),
  'env-file': list('File of such lines'),
  publish: list('[[ADDRESS:]PORT:]PORT[/udp]: a port of this machine, of 127.0.0.1 without an address', 'p'),
  'publish-all': flag('All ports that the image exposes, on free ones', 'P'),
  volume: list('HOST:CONTAINER[:ro] or NAME:CONTAINER[:ro]', 'v'),
  mount: list('type=bind|volume|tmpfs,source=…,target=…[,readonly]'),
  tmpfs: list('TARGET[:size=…,mode=…]: a directory in memory'),
  workdir: value('Working directory', 'w'),
  user: value('NAME|UID[:GROUP|GID]', 'u'),
  entrypoint: value('Program in the place of ENTRYPOINT; empty for none'),
  network: value('default (its own, with a way out), host or none'),
  hostname: value("Name of the container's host"),
  'add-host': list('NAME:ADDRESS'),
  label: list('NAME=VALUE', 'l'),
  'label-file': list('File of such lines'),
  'read-only': flag('Nothing in the root filesystem can be written'),
  init: flag('A first process that passes signals on and collects orphans'),
  'stop-signal': value('Signal that asks it to stop [SIGTERM]'),
  'stop-timeout': value('Seconds until it is killed then [10]'),
  'cap-add': list('Capability, or ALL'),
  'cap-drop': list('Capability, or ALL'),
  privileged: flag('All capabilities and system calls, nothing masked'),
  memory: value('Limit of memory, e.g. 512m', 'm'),
  'memory-swap': value('Limit of memory and swap together; -1 for any'),
  cpus: value('Processors that it may use, e.g. 1.5'),
  'cpu-shares': value('Weight against others'),
  'cpu-period': value('Microseconds of a period'),
  'cpu-quota': value('Microseconds of processors in a period'),
  'cpuset-cpus': value('Which processors, e.g. 0-2'),
  'cpuset-mems': value('Which nodes of memory'),
  'pids-limit': value('Limit of processes'),
  'shm-size': value('Size of /dev/shm'),
  ulimit: list('NAME=SOFT[:HARD]'),
  'health-cmd': value('Command that checks it'),
  'health-interval': value('Time between checks'),
  'health-timeout': value('Time that a check may take'),
  'health-retries': value('Failures in a row that make it unhealthy'),
  'health-start-period': value('Time in which failures do not count'),
  'health-start-interval': value('Time between checks in that time'),
  'no-healthcheck': flag('No health check'),
  restart: value('Only no'),
  pull: flag('Ask the registry for a newer image'),
} as const;

const RUN_OPTIONS = {
  ...CONTAINER_OPTIONS,
  detach: flag('Leave it running and print its ID', 'd'),
  'sig-proxy': { type: 'boolean', default: true, describe: 'Pass signals on' },
} as const;

const EXEC_OPTIONS = {
  interactive: CONTAINER_OPTIONS.interactive,
  tty: CONTAINER_OPTIONS.tty,
  env: CONTAINER_OPTIONS.env,
  'env-file': CONTAINER_OPTIONS['env-file'],
  workdir: CONTAINER_OPTIONS.workdir,
  user: CONTAINER_OPTIONS.user,
  detach: flag('Do not wait for it', 'd'),
  privileged: CONTAINER_OPTIONS.privileged,
} as const;

/** The names of options that take no value, as they are written. */
export function flagNames(options: Record<string, Options>): string[] {
  return Object.entries(options).flatMap(([name, { type }]) => (type === 'boolean' ? [name] : []));
}

/** Commands whose line ends in one of somebody else: their options stand before the first word. */
export const RUN_COMMANDS = [
  {
    command: 'run [image] [command..]',
    describe: 'Run a command in a new container of an image',
    settings: 'run' as const,
    options: RUN_OPTIONS,
    builder: (yargs: Argv) =>
      yargs
        .positional('image', { type: 'string' })
        .options(RUN_OPTIONS)
        .example('$0 --rm hello', 'run the image hello')
        .example('$0 -d --name web -p 8080:80 site', 'leave it running, and reach it at port 8080'),
    handler: async (argv: RunArguments): Promise<number> => (await import('../run-action.ts')).runAction(argv),
  },
  {
    command: 'create [image] [command..]',
    describe: 'Create a container and do not start it',
    settings: 'run' as const,
    options: CONTAINER_OPTIONS,
    builder: (yargs: Argv) => yargs.positional('image', { type: 'string' }).options(CONTAINER_OPTIONS),
    handler: async (argv: RunArguments): Promise<number> => (await import('../run-action.ts')).createAction(argv),
  },
  {
    command: 'exec [container] [command..]',
    describe: 'Run a command more in a running container',
    options: EXEC_OPTIONS,
    builder: (yargs: Argv) => yargs.positional('container', { type: 'string' }).options(EXEC_OPTIONS),
    handler: async (argv: RunArguments & { container?: string }): Promise<number> =>
      (await import('../exec-action.ts')).execAction(argv),
  },
];
