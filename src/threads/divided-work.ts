import { turn } from '../base/abortable.ts';
import type { Answer, Task } from './task.ts';
import { otherThreads, type Thread } from './threads.ts';

/** As long as the begin of another thread takes: work of less is not divided. In milliseconds. */
const BEFORE_THREADS = 30;

/** Results that wait for an earlier one, at most. */
const MOST_WAITING = 8;

export interface DividedWorkOptions<Part, Result> {
  task: Task<Part, Result>;
  /** Called with each result in the order of the parts. */
  done: (result: Result, part: Part) => void;
  signal?: AbortSignal | undefined;
}

interface Waiting<Part, Result> {
  part: Part;
  result: { value: Result } | undefined;
  /** Settled where there is a result. */
  arrival: Promise<void> | undefined;
}

/**
 * Work in parts of some milliseconds, which this thread and others do. Whoever divides work ends it with `end` or, after
 * an error of any kind, with `abandon`: until then other threads may be at it. Little of it is done by this thread alone.
 */
export class DividedWork<Part, Result> {
  readonly #options: DividedWorkOptions<Part, Result>;
  readonly #waiting: Waiting<Part, Result>[] = [];
  /** How long parts have been done here. */
  #spent = 0;

  constructor(options: DividedWorkOptions<Part, Result>) {
    this.#options = options;
  }

  /** Gives a part to a thread, or does it. Fails as the part does, as `done` does, or with the reason of the signal. */
  async add(part: Part): Promise<void> {
    const thread = this.#spent < BEFORE_THREADS ? undefined : otherThreads().find(({ hasRoom }) => hasRoom);
    this.#waiting.push(thread === undefined ? this.#doHere(part) : this.#giveTo(thread, part));
    await turn(this.#options.signal);
    this.#deliver();
    while (this.#waiting.length > MOST_WAITING) await this.#deliverNext();
  }

  /** Waits until all that was added is done. More may be added. */
  async end(): Promise<void> {
    while (this.#waiting.length > 0) await this.#deliverNext();
    this.#options.signal?.throwIfAborted();
  }

  /** Waits until no thread is at it any more. */
  async abandon(): Promise<void> {
    for (const { arrival } of this.#waiting.splice(0)) await arrival;
  }

  #doHere(part: Part): Waiting<Part, Result> {
    const before = performance.now();
    const value = this.#options.task.run(part);
    this.#spent += performance.now() - before;
    return { part, result: { value }, arrival: undefined };
  }

  #giveTo(thread: Thread, part: Part): Waiting<Part, Result> {
    const waiting: Waiting<Part, Result> = { part, result: undefined, arrival: undefined };
    waiting.arrival = thread.ask(this.#options.task.name, part).then(({ result }: Answer) => {
      waiting.result = result as { value: Result } | undefined;
      waiting.arrival = undefined;
    });
    return waiting;
  }

  #deliver(): void {
    while (this.#waiting.length > 0 && this.#waiting[0]?.arrival === undefined) this.#deliverFirst();
  }

  async #deliverNext(): Promise<void> {
    await this.#waiting[0]?.arrival;
    this.#deliverFirst();
  }

  #deliverFirst(): void {
    const { task, done } = this.#options;
    const { part, result } = this.#waiting.shift() as Waiting<Part, Result>;
    done(result === undefined ? task.run(part) : result.value, part);
  }
}
