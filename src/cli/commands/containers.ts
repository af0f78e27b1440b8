import type { Argv, Options } from 'yargs';
import type { ContainersArguments } from '../container-actions.ts';
import type { PsArguments } from '../container-list.ts';
import { flag, list, value } from '../option-kinds.ts';
import type { GlobalArguments } from '../options.ts';

const CONTAINER = { type: 'string', demandOption: true, describe: 'Name or ID' } as const;
const CONTAINERS = { ...CONTAINER, array: true, default: undefined } as const;
const TIME = value('Seconds until it is killed', 't');

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
        all: flag('Those too that do not run', 'a'),
        quiet: flag('IDs alone', 'q'),
        'no-trunc': flag('Do not shorten'),
        format: value('json, or a text with {{.Names}} and the like'),
        filter: list('KEY=VALUE', 'f'),
        json: flag('As JSON, one document'),
      }),
    handler: async (argv: PsArguments): Promise<number> => (await import('../container-list.ts')).listContainers(argv),
  },
  {
    command: 'logs <container>',
    describe: 'Show what a container has said',
    valued: 'n',
    builder: (yargs: Argv) =>
      yargs.positional('container', CONTAINER).options({
        follow: flag('Go on while it runs', 'f'),
        tail: value('Lines from the end, or all', 'n'),
        timestamps: flag('With the time of each line', 't'),
        since: value('A time, or e.g. 10m for so long ago'),
        until: value('A time, or e.g. 10m for so long ago'),
      }),
    handler: async (argv: GlobalArguments & { container: string }): Promise<number> =>
      (await import('../logs-action.ts')).logsAction(argv),
  },
  onContainers(
    'stop',
    'Ask containers to end, and kill them if they do not',
    { time: TIME, signal: value('Signal that asks', 's') },
    (module) => module.stopContainers,
  ),
  onContainers(
    'start',
    'Start containers that do not run',
    {
      attach: flag('In the foreground', 'a'),
      interactive: flag('With our standard input', 'i'),
    },
    (module) => module.startContainers,
  ),
  onContainers('restart', 'Stop containers and start them again', { time: TIME }, (module) => module.restartContainers),
  onContainers(
    'kill',
    'Send containers a signal',
    { signal: value('Signal [KILL]', 's') },
    (module) => module.killContainers,
  ),
  onContainers(
    'rm',
    'Remove containers',
    {
      force: flag('Kill those that run', 'f'),
      volumes: flag('Their anonymous volumes too', 'v'),
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
        .options({ json: flag('As JSON, one document') }),
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
          'follow-link': flag('What a link names, and not the link', 'L'),
          archive: flag('Keep owners where we may', 'a'),
          quiet: flag('Say nothing; nothing is said anyway', 'q'),
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
          author: value('Author of the image', 'a'),
          message: value('Comment in the history', 'm'),
          change: list('Instruction that changes the configuration, e.g. CMD ["x"]', 'c'),
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
          quiet: flag('Names alone', 'q'),
          force: flag('No error for one that does not exist', 'f'),
          all: flag('prune: those with a name too', 'a'),
          label: list('NAME=VALUE'),
          json: flag('As JSON'),
        }),
    handler: async (argv: import('../volume-actions.ts').VolumeArguments): Promise<number> =>
      (await import('../volume-actions.ts')).volumeAction(argv),
  },
];
