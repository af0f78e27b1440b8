import type { StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { parseIgnoreFile } from '../base/ignore.ts';
import type { BuildOptions } from '../build/build.ts';
import { isFetched } from '../build/fetched-context.ts';
import { contextDirectory, readIgnoreFile } from '../build/input.ts';
import { planKey } from '../build/plan-key.ts';
import { ContextTree } from '../context/context-tree.ts';
import { DirectoryWatch, type WatchOptions } from '../context/watch.ts';
import { idOf } from '../export/deliver.ts';
import { buildOnce } from './build-action.ts';
import { type BuildArguments, buildOptionsOf } from './build-options.ts';
import { lockedImages } from './lock-option.ts';
import { inNamespace } from './namespace.ts';
import { reportError } from './report-error.ts';
import { RunningImage } from './running-image.ts';
import { cancelOnSignals } from './signals.ts';
import { shownPath, WatchJson, WatchText } from './watch-report.ts';

/** Milliseconds without a further change: an editor or git writes several files. */
const QUIET_TIME = 150;
/** Milliseconds between two looks where nothing tells of changes. */
const POLL_TIME = 1000;

/**
 * Carries out `tsbuild build --watch`: builds, and again whenever something has changed that the image is made of. A
 * build that runs is cancelled then. Ends when a signal comes.
 */
export async function watchAction(argv: BuildArguments): Promise<number> {
  const options = buildOptionsOf(argv, process.env);
  refuseUnwatchable(options);
  const locked = await lockedImages(argv);
  return inNamespace(argv, async (environment) => {
    const cancellation = cancelOnSignals();
    const bare = argv.progress === 'rawjson' && argv.quiet !== true;
    const write = (text: string) => process.stderr.write(text);
    const report = bare ? new WatchJson(write) : new WatchText(write, argv.quiet === true);
    const changed = (paths: readonly string[]) => report.changed(paths);
    const watched = new Watched(
      { ...options, ...environment, locked },
      {
        polls: argv.poll === true,
        signal: cancellation.signal,
        changed,
      },
    );
    // Where standard error has lines for programs, nothing else may come between.
    const stdio: StdioOptions = ['ignore', 'inherit', bare ? 1 : 'inherit'];
    const running = argv.run ? new RunningImage(environment.root, argv.runArg ?? [], { report, stdio }) : undefined;
    try {
      while (!cancellation.signal.aborted) {
        const round = await watched.begin();
        report.started(round.paths);
        const signal = AbortSignal.any([cancellation.signal, round.signal]);
        const exitCode = () => cancellation.exitCode() ?? (round.signal.aborted ? 0 : undefined);
        const built = await buildOnce(argv, { ...options, ...environment, locked }, { signal, exitCode, bare });
        report.completed(built, signal.aborted);
        const { delivered } = built;
        if (delivered?.image !== undefined && !signal.aborted) await running?.restart(idOf(delivered.image));
        if (!signal.aborted) report.waiting(watched.size);
        await round.changed;
      }
      return cancellation.exitCode() ?? 0;
    } finally {
      watched.close();
      await running?.stop();
      cancellation.dispose();
    }
  });
}

function refuseUnwatchable({ context, file, outputs }: ReturnType<typeof buildOptionsOf>): void {
  const what = isFetched(context) ? context : file === '-' ? 'standard input' : undefined;
  if (what !== undefined) {
    throw new TsbuildError('USAGE', `${what === '-' ? 'standard input' : what} cannot be watched`, {
      hint: 'give a directory of this machine, and a build file that can be read again',
    });
  }
  if (outputs.some((output) => 'destination' in output && output.destination === '-')) {
    throw new TsbuildError(
      'USAGE',
      'an archive on standard output can be written once, and --watch builds many times',
      {
        hint: 'write it to a file: -o type=…,dest=FILE',
      },
    );
  }
}

/** One build of many, and what ends it. */
interface Round {
  /** Aborted as soon as the image would be another one. */
  signal: AbortSignal;
  /** Settles then, or when all is over. */
  changed: Promise<void>;
  /** What has changed since the one before it began, as far as the system tells. */
  paths: readonly string[];
}

/** The files of a build, and what they come to: events say when to look, the keys of the steps what has changed. */
class Watched {
  readonly #options: Omit<BuildOptions, 'emit' | 'signal'>;
  readonly #signal: AbortSignal;
  readonly #changed: (paths: readonly string[]) => void;
  #watch: DirectoryWatch | undefined;
  #timer: NodeJS.Timeout | undefined;
  #poll: NodeJS.Timeout | undefined;
  #key: string | undefined;
  readonly #paths = new Set<string>();
  #end: () => void = () => undefined;

  constructor(
    options: Omit<BuildOptions, 'emit' | 'signal'>,
    { polls, signal, changed }: { polls: boolean; signal: AbortSignal; changed: (paths: readonly string[]) => void },
  ) {
    this.#options = options;
    this.#signal = signal;
    this.#changed = changed;
    signal.addEventListener('abort', () => this.#end(), { once: true });
    if (polls) this.#startPolling();
    else this.#startWatching();
  }

  /** Says what the files are now, for the build that begins. */
  async begin(): Promise<Round> {
    const controller = new AbortController();
    const changed = new Promise<void>((done) => {
      this.#end = () => {
        controller.abort();
        done();
      };
    });
    if (this.#signal.aborted) this.#end();
    this.#watch?.update(this.#watchOptions());
    const paths = [...this.#paths].sort();
    this.#paths.clear();
    this.#key = await this.#keyNow();
    return { signal: controller.signal, changed, paths };
  }

  /** How many directories are watched; undefined where none is. */
  get size(): number | undefined {
    return this.#watch?.size;
  }

  close(): void {
    clearTimeout(this.#timer);
    clearInterval(this.#poll);
    this.#watch?.close();
  }

  #startWatching(): void {
    try {
      this.#watch = new DirectoryWatch(this.#watchOptions());
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code !== 'NO_SPACE') throw error;
      reportError(error);
      this.#startPolling();
    }
  }

  #startPolling(): void {
    this.#poll = setInterval(() => void this.#look(), POLL_TIME);
  }

  #watchOptions(): WatchOptions {
    const { context, contexts = {}, file } = this.#options;
    const directories = [
      context,
      ...Object.values(contexts).filter((where) => !/^[a-z-]+:/.test(where) && existsSync(where)),
    ];
    const build = file === undefined ? undefined : resolve(file);
    const root = contextDirectory(context);
    const names = ['Dockerfile', 'dockerfile', 'Containerfile'].map((name) => join(root, name));
    const files = [
      ...(build === undefined ? names : [build]),
      `${build ?? names[0]}.dockerignore`,
      join(root, '.dockerignore'),
    ];
    const trees = directories.map((directory, index) => {
      const real = contextDirectory(directory);
      return new ContextTree(
        real,
        parseIgnoreFile(readIgnoreFile(real, index === 0 ? (build ?? names[0]) : undefined)),
      );
    });
    return { trees, files, changed: (path) => this.#onEvent(path) };
  }

  #onEvent(path: string): void {
    this.#paths.add(shownPath(path));
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#look(), QUIET_TIME);
  }

  /** A key that cannot be found out, of a build file with an error, is another one than that of a good one. */
  async #keyNow(): Promise<string> {
    try {
      const quiet = { emit: () => undefined, signal: this.#signal };
      return await planKey(this.#options, { ...this.#options, ...quiet });
    } catch (error) {
      return String(error);
    }
  }

  async #look(): Promise<void> {
    const paths = [...this.#paths].sort();
    const key = await this.#keyNow();
    if (key === this.#key || this.#key === undefined) {
      for (const path of paths) this.#paths.delete(path);
      this.#watch?.update(this.#watchOptions());
      return;
    }
    this.#key = key;
    this.#changed(paths);
    this.#end();
  }
}
