import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** How long a container may take to end, in milliseconds: as `docker stop` waits. */
const GRACE = 10_000;

/** A container of the newest image: `tsbuild run` as a process of ours, which ends with us. */
export class RunningImage {
  readonly #root: string;
  readonly #options: readonly string[];
  #child: ChildProcess | undefined;

  /** @param options of `tsbuild run` */
  constructor(root: string, options: readonly string[]) {
    this.#root = root;
    this.#options = options;
  }

  async restart(image: string): Promise<void> {
    await this.stop();
    const args = [...process.execArgv, process.argv[1] as string, 'run', '--rm', ...this.#options, image];
    const child = spawn(process.execPath, args, {
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, TSBUILD_ROOT: this.#root },
    });
    child.on('error', (error) => process.stderr.write(`cannot run the image: ${error.message}\n`));
    child.on('exit', (code) => {
      if (this.#child === child) process.stderr.write(`the container ended with ${code ?? 'a signal'}\n`);
    });
    this.#child = child;
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const timer = setTimeout(() => child.kill('SIGKILL'), GRACE);
    await ended;
    clearTimeout(timer);
  }
}
