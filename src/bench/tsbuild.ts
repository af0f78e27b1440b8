import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../base/error.ts';
import { BuildJournals } from '../journal/builds.ts';
import type { JournalStep } from '../journal/types.ts';
import { openStore, type Store } from '../store/open.ts';
import { takeImages } from '../store/take-images.ts';
import { type Ended, lastWords, runProgram } from './command.ts';
import type { ScenarioResult, StepResult } from './types.ts';

/** What a build of ours took and did. */
export type Built = { wall: number } & Pick<ScenarioResult, 'steps' | 'bytes'>;

interface ThrowAwayOptions {
  /** The settings of the project; none where absent. */
  settings?: string | undefined;
  signal: AbortSignal;
}

/** Our own command over a store that is thrown away. It runs as users run it: a process for each build. */
export class ThrowAwayStore {
  readonly root: string;
  readonly #store: Store;
  readonly #settings: string | undefined;
  readonly #signal: AbortSignal;

  private constructor(root: string, store: Store, { settings, signal }: ThrowAwayOptions) {
    this.root = root;
    this.#store = store;
    this.#settings = settings;
    this.#signal = signal;
  }

  /** A new one, with the images of another store and nothing else. */
  static async open(root: string, images: Store, options: ThrowAwayOptions): Promise<ThrowAwayStore> {
    const store = await openStore(root);
    takeImages(images, store);
    return new ThrowAwayStore(root, store, options);
  }

  /** Throws with what was said last where it fails. */
  async command(args: readonly string[], stdin?: string): Promise<Ended> {
    const ended = await runProgram([process.execPath, ...process.execArgv, process.argv[1] ?? '', ...args], {
      env: { ...process.env, TSBUILD_ROOT: this.root, TSBUILD_PROJECT_CONFIG: this.#settings ?? '' },
      signal: this.#signal,
      stdin,
    });
    if (ended === undefined || ended.code !== 0) {
      throw new TsbuildError('STEP_FAILED', ended === undefined ? 'node cannot be started' : lastWords(ended));
    }
    return ended;
  }

  /** No cache of the settings takes part: `cache` are the options of one. */
  async build(args: readonly string[], cache: readonly string[] = []): Promise<Built> {
    const before = this.#blobBytes();
    const { wall } = await this.command(['build', '--progress=plain', ...NO_CACHES, ...cache, ...args]);
    const journals = new BuildJournals(this.#store.layout);
    const { steps } = journals.summary(journals.find());
    const shown = steps.filter(({ internal }) => internal !== true);
    const ran = shown.filter(({ outcome }) => outcome === 'ran');
    const written = (of: readonly JournalStep[]) => of.reduce((sum, { layer }) => sum + (layer?.bytes ?? 0), 0);
    const bytes = {
      copied: written(ran.filter(({ name }) => /\] (COPY|ADD) (?!.*--from=)/.test(name))),
      layers: written(ran),
      blobs: this.#blobBytes() - before,
    };
    return { wall, steps: shown.map(stepResult), bytes };
  }

  #blobBytes(): number {
    const { blobs } = this.#store.layout;
    return readdirSync(blobs).reduce((sum, blob) => sum + statSync(join(blobs, blob)).size, 0);
  }
}

/** Empty ones take the place of what settings say. */
const NO_CACHES = ['--cache-from=', '--cache-to='];

function stepResult({ name, outcome, started, completed, reason }: JournalStep): StepResult {
  const duration = started === undefined || completed === undefined ? undefined : completed - started;
  return { name, isHit: outcome === 'hit', duration, reason };
}
