import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { WatchReport } from './watch-report.ts';

/** How long a container may take to end, in milliseconds: as `docker stop` waits. */
const GRACE = 10_000;

/** A container of the newest image: `tsbuild run` as a process of ours, which ends with us. */
export class RunningImage {
  readonly #root: string;
  readonly #options: readonly string[];
  readonly #report: Pick<WatchReport, 'container'>;
  readonly #stdio: StdioOptions;
  #child: ChildProcess | undefined;

  /**
   * @param options of `tsbuild run`
   * @param stdio what the container has: 0 and on, as for `spawn`
   */
  constructor(
    root: string,
    options: readonly string[],
    { report, stdio }: { report: Pick<WatchReport, 'container'>; stdio: StdioOptions },
  ) {
    this.#root = root;
    this.#options = options;
    this.#report = report;
    this.#stdio = stdio;
  }

  async restart(image: string): Promise<void> {
    await this.stop();
    const args = [...process.execArgv, process.argv[1] as string, 'run', '--rm', ...this.#options, image];
    const child = spawn(process.execPath, args, {
      stdio: this.#stdio,
      env: { ...process.env, TSBUILD_ROOT: this.#root },
    });
    child.on('error', (error) => this.#report.container({ error: error.message }));
    child.on('exit', (exitCode) => {
      if (this.#child === child) this.#report.container({ exitCode });
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
