import { relative } from 'node:path';
import { toTsbuildError } from '../base/error.ts';
import { idOf } from '../export/deliver.ts';
import { sanitize } from '../progress/sanitize.ts';
import type { BuiltOnce } from './build-action.ts';

/** What `--watch` tells of its rounds, beside the progress of each build. */
export interface WatchReport {
  /** As soon as something has changed, whether or not a build runs. */
  changed(paths: readonly string[]): void;
  /** @param changed since the last round began; empty for the first one, and where nothing tells of paths */
  started(changed: readonly string[]): void;
  completed(built: BuiltOnce, isCancelled: boolean): void;
  /** @param directories how many are watched; undefined where they are looked through every second */
  waiting(directories: number | undefined): void;
  /** Of the container of `--run`. */
  container(event: { exitCode: number | null } | { error: string }): void;
}

/** More paths than these are a number. */
const MANY = 3;

/** For people: one line each. */
export class WatchText implements WatchReport {
  readonly #write: (text: string) => void;
  readonly #isQuiet: boolean;

  constructor(write: (text: string) => void, isQuiet: boolean) {
    this.#write = write;
    this.#isQuiet = isQuiet;
  }

  changed(paths: readonly string[]): void {
    this.#write(`changed: ${changedText(paths)}\n`);
  }

  started(): void {}

  completed(): void {}

  waiting(directories: number | undefined): void {
    if (this.#isQuiet) return;
    const what = directories === 1 ? 'directory' : 'directories';
    this.#write(directories === undefined ? 'looking for changes every second\n' : `watching ${directories} ${what}\n`);
  }

  container(event: { exitCode: number | null } | { error: string }): void {
    if ('error' in event) this.#write(`cannot run the image: ${event.error}\n`);
    else this.#write(`the container ended with ${event.exitCode ?? 'a signal'}\n`);
  }
}

function changedText(paths: readonly string[]): string {
  if (paths.length === 0) return 'what the image is made of';
  const shown = paths.slice(0, MANY).map((path) => sanitize(path, false));
  return shown.join(', ') + (paths.length > MANY ? ` and ${paths.length - MANY} more` : '');
}

/** For programs: a line of JSON each, with one field `watch`, between those of the builds. */
export class WatchJson implements WatchReport {
  readonly #write: (text: string) => void;
  #round = 0;
  #start = 0;

  constructor(write: (text: string) => void) {
    this.#write = write;
  }

  changed(): void {}

  started(changed: readonly string[]): void {
    this.#round++;
    this.#start = Date.now();
    this.#tell('started', { changed });
  }

  completed({ delivered, error, explanations }: BuiltOnce, isCancelled: boolean): void {
    this.#tell('completed', {
      outcome: isCancelled ? 'cancelled' : error === undefined ? 'done' : 'failed',
      milliseconds: Date.now() - this.#start,
      image: delivered?.image === undefined ? undefined : idOf(delivered.image),
      error: isCancelled || error === undefined ? undefined : errorJson(error),
      explanations: explanations.length === 0 ? undefined : explanations,
    });
  }

  waiting(directories: number | undefined): void {
    this.#tell('waiting', { directories });
  }

  container(event: { exitCode: number | null } | { error: string }): void {
    this.#tell('container', event);
  }

  #tell(event: string, more: object): void {
    const time = new Date().toISOString();
    this.#write(`${JSON.stringify({ watch: { event, round: this.#round, time, ...more } })}\n`);
  }
}

function errorJson(error: unknown): object {
  const { code, message, hint, location, source } = toTsbuildError(error);
  const place = location && { file: source?.name, line: location.start.line, column: location.start.column };
  return { code, message, hint, ...place };
}

/** As the reader would write it. */
export function shownPath(path: string): string {
  return relative(process.cwd(), path);
}
