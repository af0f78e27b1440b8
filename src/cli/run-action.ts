import { TsbuildError } from '../base/error.ts';
import { createContainer } from '../containers/create.ts';
import { exitCodeOf } from '../containers/exit-code.ts';
import type { ContainerContext } from '../containers/sandbox.ts';
import type { ContainerSpec } from '../containers/spec.ts';
import { supervise } from '../containers/supervisor.ts';
import { hostPlatform } from '../oci/platform.ts';
import { attachInput, windowSize } from './attach-terminal.ts';
import { type ContainerArguments, createOptionsOf } from './container-options.ts';
import { startDetached } from './detached.ts';
import { forwardSignals, type SignalForwarding } from './forward-signals.ts';
import { type Environment, inNamespace } from './namespace.ts';
import { openContainers, withWorkspace } from './open.ts';

/** What yargs makes of the command line of `tsbuild run`; with halt-at-non-option the rest is in `_`. */
export interface RunArguments extends ContainerArguments {
  _: (string | number)[];
  image?: string | undefined;
  command?: string[] | undefined;
  detach?: boolean | undefined;
  sigProxy?: boolean | undefined;
  pull?: boolean | undefined;
}

/** Runs a container: in the foreground its exit code is ours, a signal is 128 and its number. */
export async function runAction(argv: RunArguments): Promise<number> {
  const create = creationOf(argv, 'run');
  if (argv.tty && argv.interactive && !argv.detach) requireTerminal();
  return inNamespace(argv, async (environment) => {
    const signals = forwardSignals();
    try {
      const spec = await create(environment, signals.signal);
      if (argv.detach) return await detach(spec, environment);
      return await runInForeground(spec, await openContainers(environment), signals, argv.sigProxy !== false);
    } catch (error) {
      const code = signals.exitCode();
      if (code === undefined) throw error;
      return code;
    } finally {
      signals.dispose();
    }
  });
}

export async function createAction(argv: RunArguments): Promise<number> {
  const create = creationOf(argv, 'create');
  return inNamespace(argv, async (environment) => {
    const { id } = await create(environment, new AbortController().signal);
    process.stdout.write(`${id}\n`);
    return 0;
  });
}

async function detach(spec: ContainerSpec, environment: Environment): Promise<number> {
  const code = await startDetached(spec, environment);
  if (code === 0) process.stdout.write(`${spec.id}\n`);
  return code;
}

/** Checks the command line, and returns what then makes the container. */
function creationOf(
  argv: RunArguments,
  command: string,
): (environment: Environment, signal: AbortSignal) => Promise<ContainerSpec> {
  const [image, ...args] = wordsOf(argv, argv.image);
  if (image === undefined)
    throw new TsbuildError('USAGE', `${command} needs an image`, { hint: '`tsbuild images` lists them' });
  const options = createOptionsOf(argv, args);
  const { pull } = argv;
  return (environment, signal) =>
    withWorkspace(environment, signal, async (workspace) => {
      const found = await workspace.images.resolveNameOrId(image, { platform: hostPlatform(), pull, signal });
      return createContainer(found, image, options, workspace);
    });
}

/** The words of a command line that ends in a command of somebody else's. */
export function wordsOf({ _: rest, command = [] }: RunArguments, first: string | undefined): string[] {
  return [first, ...command, ...rest.map(String)].filter((word) => word !== undefined);
}

/** As docker does, where a terminal is asked for that would have nobody at it. */
export function requireTerminal(): void {
  if (process.stdin.isTTY) return;
  throw new TsbuildError('USAGE', 'the input device is not a TTY', { hint: 'leave -t out, or run it in a terminal' });
}

/** Is the supervisor of a container until it ends, with our own streams as its. */
export async function runInForeground(
  spec: ContainerSpec,
  context: ContainerContext,
  signals: SignalForwarding,
  sigProxy: boolean,
): Promise<number> {
  let detachInput: () => void = () => undefined;
  try {
    const exit = await supervise(spec, {
      context,
      size: windowSize(),
      signal: signals.signal,
      hear: (stream, chunk) => process[stream].write(chunk),
      onStart: (container) => {
        if (sigProxy) signals.attach(container);
        const type = (data: Buffer) => container.stdin?.write(data) ?? true;
        detachInput = attachInput(spec, {
          type,
          end: () => container.stdin?.end(),
          drained: (resume) => container.stdin?.once('drain', resume),
          resize: (size) => container.resize(size),
        });
      },
    });
    if ('message' in exit && exit.message !== undefined) process.stderr.write(`tsbuild: ${exit.message}\n`);
    if (exit.outOfMemory) process.stderr.write('tsbuild: a process was killed: the container ran out of its memory\n');
    return exitCodeOf(exit);
  } finally {
    detachInput();
  }
}
