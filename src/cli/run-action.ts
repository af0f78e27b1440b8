import { constants } from 'node:os';
import type { SandboxExit } from '../../runner/index.ts';
import { TsbuildError } from '../base/error.ts';
import { type ContainerOptions, runContainer, type Volume } from '../containers/container.ts';
import { hostPlatform } from '../oci/platform.ts';
import { splitPair } from './build-options.ts';
import { forwardSignals } from './forward-signals.ts';
import { inNamespace } from './namespace.ts';
import { withWorkspace } from './open.ts';
import type { GlobalArguments } from './options.ts';

/** What yargs makes of the command line of `tsbuild run`; with halt-at-non-option the rest is in `_`. */
export interface RunArguments extends GlobalArguments {
  _: (string | number)[];
  image?: string | undefined;
  command?: string[] | undefined;
  env?: string[] | undefined;
  volume?: string[] | undefined;
  workdir?: string | undefined;
  user?: string | undefined;
  entrypoint?: string | undefined;
  network: 'host' | 'none';
  hostname?: string | undefined;
  interactive?: boolean | undefined;
  readOnly?: boolean | undefined;
  pull?: boolean | undefined;
}

const SIGNAL_BASE = 128;

/** Runs a container in the foreground and passes its exit code on; a signal is 128 and its number. */
export async function runAction(argv: RunArguments): Promise<number> {
  const [image, ...command] = [argv.image, ...(argv.command ?? []), ...argv._.map(String)].filter(
    (word) => word !== undefined,
  );
  if (image === undefined)
    throw new TsbuildError('USAGE', 'run needs an image', { hint: '`tsbuild images` lists them' });
  const options = containerOptions(argv, command);
  return inNamespace(argv, async (environment) => {
    const signals = forwardSignals();
    const { signal, attach: onStart } = signals;
    try {
      return await withWorkspace(environment, signal, async (workspace) => {
        const found = await workspace.images.resolveNameOrId(image, {
          platform: hostPlatform(),
          pull: argv.pull,
          signal,
        });
        return codeOf(await runContainer(found, options, { ...workspace, ...environment, signal, onStart }));
      });
    } catch (error) {
      const code = signals.exitCode();
      if (code === undefined) throw error;
      return code;
    } finally {
      signals.dispose();
    }
  });
}

function codeOf(exit: SandboxExit): number {
  if ('signal' in exit) return SIGNAL_BASE + constants.signals[exit.signal];
  if (exit.message !== undefined) process.stderr.write(`tsbuild: ${exit.message}\n`);
  return exit.code;
}

function containerOptions(argv: RunArguments, command: readonly string[]): ContainerOptions {
  const { entrypoint } = argv;
  return {
    command,
    entrypoint: entrypoint === undefined ? undefined : entrypoint === '' ? [] : [entrypoint],
    environment: (argv.env ?? []).flatMap(variableOf),
    volumes: (argv.volume ?? []).map(volumeOf),
    directory: argv.workdir,
    user: argv.user,
    network: argv.network,
    hostname: argv.hostname,
    readonlyRoot: argv.readOnly === true,
    interactive: argv.interactive === true,
  };
}

/** `NAME` alone takes the value of our environment, and nothing where there is none. */
function variableOf(text: string): string[] {
  const [name, value = process.env[name]] = splitPair(text);
  return value === undefined ? [] : [`${name}=${value}`];
}

function volumeOf(text: string): Volume {
  const [source = '', target = '', mode = 'rw', ...rest] = text.split(':');
  const isPath = source.startsWith('/') || source.startsWith('.');
  if (!isPath || !target.startsWith('/') || rest.length > 0 || !['ro', 'rw'].includes(mode)) {
    throw new TsbuildError('USAGE', `--volume ${text} is not HOST:CONTAINER[:ro]`, {
      hint: 'both are paths, and the one in the container is absolute; named volumes are not there yet',
    });
  }
  return { source, target, readonly: mode === 'ro' };
}
