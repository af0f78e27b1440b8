import type { Argv, Options } from 'yargs';
import type { ContainersArguments } from '../container-actions.ts';
import type { PsArguments } from '../container-list.ts';
import type { GlobalArguments } from '../options.ts';

const CONTAINER = { type: 'string', demandOption: true, describe: 'Name or ID' } as const;
const CONTAINERS = { ...CONTAINER, array: true, default: undefined } as const;
const TIME = { alias: 't', type: 'string', requiresArg: true, describe: 'Seconds until it is killed' } as const;
const SIGNAL = { alias: 's', type: 'string', requiresArg: true } as const;

type Handler<Arguments> = (argv: Arguments) => Promise<number>;
type Module = typeof import('../container-actions.ts');

/** A command that does the same to each of its containers. */
function onContainers<Arguments extends ContainersArguments>(
  command: string,
  describe: string,
  options: Record<string, Options>,
  choose: (module: Module) => Handler<Arguments>,
) {
  const letters = Object.values(options).flatMap(({ alias, type }) => (type === 'boolean' ? [] : [alias]));
  return {
    command: `${command} <container..>`,
    describe,
    valued: letters.join(''),
    builder: (yargs: Argv) => yargs.positional('container', CONTAINERS).options(options),
    handler: async (argv: Arguments): Promise<number> => choose(await import('../container-actions.ts'))(argv),
  };
}

/** Commands about containers that exist. */
export const containerCommands = [
  {
    command: 'ps',
    describe: 'List the containers that run',
    valued: 'f',
    builder: (yargs: Argv) =>
      yargs.options({
        all: { alias: 'a', type: 'boolean', describe: 'Those too that do not run' },
        quiet: { alias: 'q', type: 'boolean', describe: 'IDs alone' },
        'no-trunc': { type: 'boolean', describe: 'Do not shorten' },
        format: { type: 'string', requiresArg: true, describe: 'json, or a text with {{.Names}} and the like' },
        filter: { alias: 'f', type: 'string', array: true, requiresArg: true, describe: 'KEY=VALUE' },
        json: { type: 'boolean', describe: 'As JSON, one document' },
      }),
    handler: async (argv: PsArguments): Promise<number> => (await import('../container-list.ts')).listContainers(argv),
  },
  {
    command: 'logs <container>',
    describe: 'Show what a container has said',
    valued: 'n',
    builder: (yargs: Argv) =>
      yargs.positional('container', CONTAINER).options({
        follow: { alias: 'f', type: 'boolean', describe: 'Go on while it runs' },
        tail: { alias: 'n', type: 'string', requiresArg: true, describe: 'Lines from the end, or all' },
        timestamps: { alias: 't', type: 'boolean', describe: 'With the time of each line' },
        since: { type: 'string', requiresArg: true, describe: 'A time, or e.g. 10m for so long ago' },
        until: { type: 'string', requiresArg: true, describe: 'A time, or e.g. 10m for so long ago' },
      }),
    handler: async (argv: GlobalArguments & { container: string }): Promise<number> =>
      (await import('../logs-action.ts')).logsAction(argv),
  },
  onContainers(
    'stop',
    'Ask containers to end, and kill them if they do not',
    { time: TIME, signal: { ...SIGNAL, describe: 'Signal that asks' } },
    (module) => module.stopContainers,
  ),
  onContainers(
    'start',
    'Start containers that do not run',
    {
      attach: { alias: 'a', type: 'boolean', describe: 'In the foreground' },
      interactive: { alias: 'i', type: 'boolean', describe: 'With our standard input' },
    },
    (module) => module.startContainers,
  ),
  onContainers('restart', 'Stop containers and start them again', { time: TIME }, (module) => module.restartContainers),
  onContainers(
    'kill',
    'Send containers a signal',
    { signal: { ...SIGNAL, describe: 'Signal [KILL]' } },
    (module) => module.killContainers,
  ),
  onContainers(
    'rm',
    'Remove containers',
    {
      force: { alias: 'f', type: 'boolean', describe: 'Kill those that run' },
      volumes: { alias: 'v', type: 'boolean', describe: 'Their anonymous volumes too' },
    },
    (module) => module.removeContainers,
  ),
  onContainers(
    'wait',
    'Wait until containers end, and print their exit codes',
    {},
    (module) => module.waitForContainers,
  ),
  {
    command: 'port <container> [port]',
    describe: 'Show where the ports of a container are published',
    valued: '',
    builder: (yargs: Argv) =>
      yargs
        .positional('container', CONTAINER)
        .positional('port', { type: 'string', describe: 'PORT[/udp]' })
        .options({ json: { type: 'boolean', describe: 'As JSON, one document' } }),
    handler: async (
      argv: GlobalArguments & { container: string; port?: string; json?: boolean | undefined },
    ): Promise<number> => (await import('../container-actions.ts')).showPorts(argv),
  },
  {
    command: 'cp <source> <destination>',
    describe: 'Copy files out of a container or into it: CONTAINER:PATH, PATH, or - for a tar',
    valued: '',
    builder: (yargs: Argv) =>
      yargs
        .positional('source', { type: 'string', demandOption: true })
        .positional('destination', { type: 'string', demandOption: true })
        .options({
          'follow-link': { alias: 'L', type: 'boolean', describe: 'What a link names, and not the link' },
          archive: { alias: 'a', type: 'boolean', describe: 'Keep owners where we may' },
          quiet: { alias: 'q', type: 'boolean', describe: 'Say nothing; nothing is said anyway' },
        }),
    handler: async (argv: GlobalArguments & { source: string; destination: string }): Promise<number> =>
      (await import('../copy-action.ts')).copyAction(argv),
  },
  {
    command: 'commit <container> [image]',
    describe: 'Make an image of what a container has changed',
    valued: 'amc',
    builder: (yargs: Argv) =>
      yargs
        .positional('container', CONTAINER)
        .positional('image', { type: 'string', describe: 'NAME[:TAG]' })
        .options({
          author: { alias: 'a', type: 'string', requiresArg: true, describe: 'Author of the image' },
          message: { alias: 'm', type: 'string', requiresArg: true, describe: 'Comment in the history' },
          change: {
            alias: 'c',
            type: 'string',
            array: true,
            requiresArg: true,
            describe: 'Instruction that changes the configuration, e.g. CMD ["x"]',
          },
        }),
    handler: async (argv: GlobalArguments & { container: string }): Promise<number> =>
      (await import('../commit-action.ts')).commitAction(argv),
  },
  {
    command: 'volume <action> [name..]',
    describe: 'Manage volumes: ls, create, rm, inspect or prune',
    valued: '',
    builder: (yargs: Argv) =>
      yargs
        .positional('action', { choices: ['ls', 'create', 'rm', 'inspect', 'prune'] as const, demandOption: true })
        .positional('name', { type: 'string', array: true, default: undefined })
        .options({
          quiet: { alias: 'q', type: 'boolean', describe: 'Names alone' },
          force: { alias: 'f', type: 'boolean', describe: 'No error for one that does not exist' },
          all: { alias: 'a', type: 'boolean', describe: 'prune: those with a name too' },
          label: { type: 'string', array: true, requiresArg: true, describe: 'NAME=VALUE' },
          json: { type: 'boolean', describe: 'As JSON' },
        }),
    handler: async (argv: import('../volume-actions.ts').VolumeArguments): Promise<number> =>
      (await import('../volume-actions.ts')).volumeAction(argv),
  },
];
