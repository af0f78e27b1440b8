import { TsbuildError, toTsbuildError } from '../base/error.ts';
import { ask, NotRunning } from '../containers/client.ts';
import { hostText } from '../containers/ports.ts';
import { removeContainer } from '../containers/remove.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { readState } from '../containers/state.ts';
import { stopContainer, waitForEnd } from '../containers/stop.ts';
import type { ContainerStore } from '../store/containers.ts';
import type { Store } from '../store/open.ts';
import { secondsOf, signalName } from './container-options.ts';
import { startDetached } from './detached.ts';
import { forwardSignals } from './forward-signals.ts';
import { inNamespace } from './namespace.ts';
import { openContainers, withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { reportError } from './report-error.ts';
import { runInForeground } from './run-action.ts';

export interface ContainersArguments extends GlobalArguments {
  container: string[];
}

/** Finds a container with all that it was created with. */
export function findContainer(containers: ContainerStore, name: string): ContainerSpec {
  return containers.find(name) as ContainerSpec;
}

/** Does the same with each, goes on where one fails, and prints its name where none does. */
async function withEach(
  names: readonly string[],
  work: (name: string) => Promise<string | undefined>,
): Promise<number> {
  let code = 0;
  for (const name of names) {
    try {
      const said = await work(name);
      if (said !== undefined) process.stdout.write(`${said}\n`);
    } catch (error) {
      reportError(toTsbuildError(error));
      code = 1;
    }
  }
  return code;
}

export async function stopContainers(
  argv: ContainersArguments & { time?: string | undefined; signal?: string | undefined },
): Promise<number> {
  const timeout = secondsOf('time', argv.time);
  const signal = argv.signal === undefined ? undefined : signalName(argv.signal, '--signal');
  return withStore(argv, ({ containers }) =>
    withEach(argv.container, async (name) => {
      const spec = findContainer(containers, name);
      await stopContainer(spec, containers.path(spec.id), { timeout, signal });
      return name;
    }),
  );
}

export async function killContainers(argv: ContainersArguments & { signal?: string | undefined }): Promise<number> {
  const signal = signalName(argv.signal ?? 'KILL', '--signal');
  return withStore(argv, ({ containers }) =>
    withEach(argv.container, async (name) => {
      const directory = containers.path(containers.find(name).id);
      await ask(directory, { kind: 'signal', signal }).catch((error) => {
        throw error instanceof NotRunning ? notRunning(name) : error;
      });
      if (signal === 'SIGKILL') await waitForEnd(directory);
      return name;
    }),
  );
}

export function notRunning(name: string): TsbuildError {
  return new TsbuildError('CONFLICT', `container ${name} is not running`, { hint: `start it: tsbuild start ${name}` });
}

export async function waitForContainers(argv: ContainersArguments): Promise<number> {
  return withStore(argv, ({ containers }) =>
    withEach(argv.container, async (name) => String(await waitForEnd(containers.path(containers.find(name).id)))),
  );
}

export function startContainers(
  argv: ContainersArguments & { attach?: boolean | undefined; interactive?: boolean | undefined },
): Promise<number> {
  if (argv.attach && argv.container.length > 1) {
    throw new TsbuildError('USAGE', 'only one container can be attached to', { hint: 'start the others without -a' });
  }
  return inNamespace(argv, async (environment) => {
    const context = await openContainers(environment);
    const { containers } = context.store;
    if (argv.attach) {
      const spec = findContainer(containers, argv.container[0] ?? '');
      const signals = forwardSignals();
      const interactive = spec.interactive && argv.interactive === true;
      return runInForeground({ ...spec, interactive }, context, signals, true).finally(() => signals.dispose());
    }
    return withEach(argv.container, async (name) => {
      const spec = findContainer(containers, name);
      if ((await readState(containers.path(spec.id))).status === 'running') return name;
      const code = await startDetached(spec, environment);
      if (code !== 0) throw new TsbuildError('STEP_FAILED', `container ${name} could not be started`);
      return name;
    });
  });
}

export function restartContainers(argv: ContainersArguments & { time?: string | undefined }): Promise<number> {
  const timeout = secondsOf('time', argv.time);
  return inNamespace(argv, async (environment) => {
    const { containers } = (await openContainers(environment)).store;
    return withEach(argv.container, async (name) => {
      const spec = findContainer(containers, name);
      await stopContainer(spec, containers.path(spec.id), { timeout });
      await startDetached(spec, environment);
      return name;
    });
  });
}

export function removeContainers(
  argv: ContainersArguments & { force?: boolean | undefined; volumes?: boolean | undefined },
): Promise<number> {
  return inNamespace(argv, async (environment) => {
    const { store } = await openContainers(environment);
    return withEach(argv.container, async (name) => {
      const spec = await found(store, name, argv.force === true);
      if (spec === undefined) return undefined;
      const directory = store.containers.path(spec.id);
      if ((await readState(directory)).status === 'running') {
        if (!argv.force) {
          throw new TsbuildError('CONFLICT', `container ${name} is running`, {
            hint: `stop it first (\`tsbuild stop ${name}\`), or force: tsbuild rm -f ${name}`,
          });
        }
        await stopContainer(spec, directory, { timeout: 0, signal: 'SIGKILL' });
      }
      await removeContainer(spec, store, { volumes: argv.volumes === true });
      return name;
    });
  });
}

/** With `--force` a container that does not exist is no error, as with docker. */
async function found({ containers }: Store, name: string, force: boolean): Promise<ContainerSpec | undefined> {
  try {
    return findContainer(containers, name);
  } catch (error) {
    if (force && error instanceof TsbuildError && error.code === 'NOT_FOUND') return undefined;
    throw error;
  }
}

export async function showPorts(
  argv: GlobalArguments & { container: string; port?: string | undefined; json?: boolean | undefined },
): Promise<number> {
  return withStore(argv, async ({ containers }) => {
    const { ports, id } = findContainer(containers, argv.container);
    const { status } = await readState(containers.path(id));
    const shown = status === 'running' ? ports : [];
    const [, number, protocol = 'tcp'] = /^(\d+)(?:\/(tcp|udp))?$/.exec(argv.port ?? '') ?? [];
    const wanted = shown.filter(
      (port) => argv.port === undefined || (String(port.port) === number && port.protocol === protocol),
    );
    if (argv.port !== undefined && wanted.length === 0) {
      throw new TsbuildError('NOT_FOUND', `no public port ${argv.port} is published for ${argv.container}`, {
        hint: `\`tsbuild port ${argv.container}\` lists them`,
      });
    }
    if (argv.json) {
      process.stdout.write(`${JSON.stringify(wanted)}\n`);
      return 0;
    }
    for (const { address, hostPort, port, protocol: kind } of wanted) {
      const where = hostText(address, hostPort);
      process.stdout.write(argv.port === undefined ? `${port}/${kind} -> ${where}\n` : `${where}\n`);
    }
    return 0;
  });
}
