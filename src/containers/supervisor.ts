import { type RunningContainer, runSandbox, type SandboxExit, type WindowSize } from '../../runner/index.ts';
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import { FileLock } from '../store/file-lock.ts';
import { ControlServer } from './control.ts';
import { exitCodeOf } from './exit-code.ts';
import { monitorHealth } from './health.ts';
import { LogWriter, type StreamName } from './log.ts';
import { type OpenNetwork, openContainerNetwork } from './network.ts';
import { removeContainer } from './remove.ts';
import { type ContainerContext, execOf, rootOf, sandboxOf } from './sandbox.ts';
import type { ContainerSpec } from './spec.ts';
import { type ContainerState, readState, writeState } from './state.ts';

export interface SuperviseOptions {
  context: ContainerContext;
  /** The size of the terminal, where the container has one. */
  size?: WindowSize | undefined;
  /** Told of all output as it comes, beside the log. */
  hear?: ((stream: StreamName, chunk: Buffer) => void) | undefined;
  /** Called when the container runs. */
  onStart?: ((container: RunningContainer) => void) | undefined;
  /** Kills the container. */
  signal: AbortSignal;
}

const DEFAULT_SIZE: WindowSize = { rows: 24, columns: 80 };

/**
 * Runs a created or stopped container to its end, and is its supervisor meanwhile: holds its lock, keeps its log and
 * state, probes its health and answers on its socket. The container does not outlive this process.
 */
export async function supervise(spec: ContainerSpec, options: SuperviseOptions): Promise<SandboxExit> {
  const { context } = options;
  const directory = context.store.containers.path(spec.id);
  const lock = await takeLock(spec, directory);
  try {
    return await new Supervision(spec, directory, options).run();
  } finally {
    lock.release();
    if (spec.autoRemove) await removeContainer(spec, context.store, { volumes: true });
  }
}

/** A supervisor whose container has ended is about to let go of the lock. */
async function takeLock(spec: ContainerSpec, directory: string): Promise<FileLock> {
  const { status } = await readState(directory);
  if (status === 'running') throw new TsbuildError('CONFLICT', `container ${spec.name} is running already`);
  return FileLock.take({ path: `${directory}/lock`, mode: 'exclusive' });
}

/** One run of a container. */
class Supervision {
  readonly #spec: ContainerSpec;
  readonly #directory: string;
  readonly #options: SuperviseOptions;
  readonly #ended = new AbortController();
  #state: ContainerState = { status: 'created', exitCode: 0 };

  constructor(spec: ContainerSpec, directory: string, options: SuperviseOptions) {
    this.#spec = spec;
    this.#directory = directory;
    this.#options = options;
  }

  async run(): Promise<SandboxExit> {
    const { context } = this.#options;
    const closing: (() => unknown)[] = [];
    try {
      const network = await openContainerNetwork(this.#spec, context.warn);
      closing.push(() => network.close());
      const server = await ControlServer.listen(this.#directory, this.#spec, { ...context, network });
      closing.push(() => server.close());
      const log = new LogWriter(this.#directory);
      closing.push(() => log.close());
      const exit = await this.#runSandbox(network, server, log);
      this.#finish({ exitCode: exitCodeOf(exit), outOfMemory: exit.outOfMemory, error: messageOf(exit) });
      server.ended(exitCodeOf(exit));
      return exit;
    } catch (error) {
      this.#finish({ exitCode: NOT_STARTED, error: toTsbuildError(error).message });
      throw error;
    } finally {
      this.#ended.abort();
      for (const close of closing.reverse()) await close();
    }
  }

  async #runSandbox(network: OpenNetwork, server: ControlServer, log: LogWriter): Promise<SandboxExit> {
    const { context, hear, signal, size = DEFAULT_SIZE } = this.#options;
    const { interactive, tty } = this.#spec;
    const sandbox = await sandboxOf(this.#spec, network, context);
    const sink = (stream: StreamName) => (chunk: Buffer) => {
      log.write(stream, chunk);
      hear?.(stream, chunk);
    };
    return runSandbox(sandbox, {
      stdin: interactive ? 'pipe' : 'null',
      stdout: sink('stdout'),
      stderr: sink('stderr'),
      terminal: tty ? size : undefined,
      signal,
      onStart: (container) => this.#started(container, server, network),
    });
  }

  #started(container: RunningContainer, server: ControlServer, network: OpenNetwork): void {
    const { pid } = container;
    const startedAt = new Date().toISOString();
    this.#change({ status: 'running', pid, supervisor: process.pid, startedAt, exitCode: 0 });
    server.attach(container);
    this.#options.onStart?.(container);
    void this.#monitorHealth(container, network);
  }

  async #monitorHealth(container: RunningContainer, network: OpenNetwork): Promise<void> {
    const { Healthcheck, Shell = ['/bin/sh', '-c'] } = this.#spec.config;
    if (Healthcheck === undefined) return;
    await monitorHealth({
      check: Healthcheck,
      shell: Shell,
      signal: this.#ended.signal,
      onChange: (health) => this.#change({ ...this.#state, health }),
      run: async (args, hear, signal) => {
        const request = { args, environment: [], tty: false, interactive: false, privileged: false };
        const exec = execOf(this.#spec, request, rootOf(container), { ...this.#options.context, network });
        return exitCodeOf(await container.exec(exec, { stdout: hear, stderr: hear, signal }));
      },
    });
  }

  #finish(result: Pick<ContainerState, 'exitCode' | 'outOfMemory' | 'error'>): void {
    const { startedAt, health } = this.#state;
    const finishedAt = new Date().toISOString();
    this.#ended.abort();
    this.#change({ status: 'exited', startedAt, finishedAt, health, ...result });
  }

  #change(state: ContainerState): void {
    this.#state = state;
    writeState(this.#directory, state);
  }
}

/** What docker gives a container that could not be started. */
const NOT_STARTED = 128;

function messageOf(exit: SandboxExit): string | undefined {
  return 'message' in exit ? exit.message : undefined;
}
