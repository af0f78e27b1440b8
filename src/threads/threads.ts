import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Answer, Request } from './task.ts';

/** More read and write the same disk no faster, and each takes some 10 MB. */
const MOST_THREADS = 3;

/** One part is worked on, and another one waits, so that the thread has something to do when this one is busy. */
const MOST_PARTS = 2;

/** Of the parts of a worker's heap that hold what lives shortly. */
const YOUNG_MB = 4;

let started: Thread[] | undefined;

/** The threads beside this one, one for each other core; they are started when they are asked for first, and then stay. */
export function otherThreads(): readonly Thread[] {
  const count = Math.min(availableParallelism() - 1, MOST_THREADS);
  started ??= Array.from({ length: count }, () => new Thread());
  return started;
}

export class Thread {
  readonly #worker: Worker;
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #lastId = 0;
  #isGone = false;

  constructor() {
    this.#worker = new Worker(workerFile(), { resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB } });
    this.#worker.unref();
    this.#worker.on('message', (answer: Answer) => this.#answer(answer));
    // Its parts are done here instead, which tells what is wrong with them.
    this.#worker.on('error', () => this.#lose());
    this.#worker.on('exit', () => this.#lose());
  }

  get hasRoom(): boolean {
    return !this.#isGone && this.#asked.size < MOST_PARTS;
  }

  /** Keeps the process alive until there is an answer. */
  ask(task: string, part: unknown): Promise<Answer> {
    const request: Request = { id: ++this.#lastId, task, part };
    this.#worker.ref();
    return new Promise((resolve) => {
      this.#asked.set(request.id, resolve);
      this.#worker.postMessage(request);
    });
  }

  #answer(answer: Answer): void {
    const resolve = this.#asked.get(answer.id);
    this.#asked.delete(answer.id);
    if (this.#asked.size === 0) this.#worker.unref();
    resolve?.(answer);
  }

  #lose(): void {
    this.#isGone = true;
    for (const id of this.#asked.keys()) this.#answer({ id });
  }
}

/** Beside the program's file in the executable; from the sources, it takes over how this thread reads TypeScript. */
function workerFile(): string {
  return process.env.TSBUILD_BUNDLED === undefined
    ? join(import.meta.dirname, '../worker/main.ts')
    : join(import.meta.dirname, 'worker.cjs');
}
