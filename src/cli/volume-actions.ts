import { randomBytes } from 'node:crypto';
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import { removeVolume, usersOf } from '../containers/remove.ts';
import type { Store } from '../store/open.ts';
import type { Volume } from '../store/volumes.ts';
import { splitPair } from './build-options.ts';
import { inNamespace } from './namespace.ts';
import { openContainers } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { reportError } from './report-error.ts';
import { table } from './table.ts';

export interface VolumeArguments extends GlobalArguments {
  action: 'ls' | 'create' | 'rm' | 'inspect' | 'prune';
  name?: string[] | undefined;
  quiet?: boolean | undefined;
  force?: boolean | undefined;
  all?: boolean | undefined;
  label?: string[] | undefined;
  json?: boolean | undefined;
}

/** Volumes are files of many users: in our namespace. */
export function volumeAction(argv: VolumeArguments): Promise<number> {
  return inNamespace(argv, async (environment) => {
    const { store } = await openContainers(environment);
    return ACTIONS[argv.action](argv, store);
  });
}

const ACTIONS: Record<VolumeArguments['action'], (argv: VolumeArguments, store: Store) => Promise<number>> = {
  ls: async (argv, { volumes }) => {
    const list = volumes.list();
    if (argv.quiet) say(list.map(({ name }) => name));
    else if (argv.json) say([JSON.stringify(list.map((volume) => described(volume, volumes.data(volume.name))))]);
    else
      process.stdout.write(
        table(
          ['DRIVER', 'VOLUME NAME'],
          list.map(({ name }) => ['local', name]),
        ),
      );
    return 0;
  },
  create: async ({ name = [], label = [] }, { volumes }) => {
    if (name.length > 1) throw new TsbuildError('USAGE', 'one argument too many: volume create makes one volume');
    const [chosen = randomBytes(32).toString('hex')] = name;
    const labels = Object.fromEntries(label.map(splitPair).map(([key, value = '']) => [key, value]));
    volumes.create(chosen, { anonymous: name.length === 0, labels });
    say([chosen]);
    return 0;
  },
  rm: async ({ name = [], force }, store) => {
    requireNames(name, 'rm');
    return withEach(name, async (volume) => {
      if (!force || store.volumes.get(volume) !== undefined) await removeVolume(volume, store);
      say([volume]);
    });
  },
  inspect: async ({ name = [] }, { volumes }) => {
    requireNames(name, 'inspect');
    const found = name.map((volume) => volumes.get(volume) ?? unknown(volume));
    say([
      JSON.stringify(
        found.map((volume) => described(volume, volumes.data(volume.name))),
        null,
        2,
      ),
    ]);
    return 0;
  },
  prune: async ({ all }, store) => {
    const unused = store.volumes
      .list()
      .filter(({ name, anonymous }) => (anonymous || all) && !usersOf(name, store).length);
    return withEach(
      unused.map(({ name }) => name),
      async (name) => {
        await removeVolume(name, store);
        say([name]);
      },
    );
  },
};

async function withEach(names: readonly string[], work: (name: string) => Promise<void>): Promise<number> {
  let code = 0;
  for (const name of names) {
    await work(name).catch((error) => {
      reportError(toTsbuildError(error));
      code = 1;
    });
  }
  return code;
}

/** The fields that docker shows. */
function described({ name, created, labels }: Volume, mountpoint: string) {
  return { CreatedAt: created, Driver: 'local', Labels: labels, Mountpoint: mountpoint, Name: name, Scope: 'local' };
}

function requireNames(names: readonly string[], action: string): void {
  if (names.length === 0) throw new TsbuildError('USAGE', `volume ${action} needs the name of a volume`);
}

function unknown(name: string): never {
  throw new TsbuildError('NOT_FOUND', `no such volume: ${name}`, { hint: '`tsbuild volume ls` lists them' });
}

function say(lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}
