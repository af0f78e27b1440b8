/**
 * Work that any thread can do: what goes in and what comes out can be cloned or is shared memory. A part that
 * fails in a thread is done again where it was asked for, so that its error is the one of here.
 */
export interface Task<Part, Result> {
  /** By which a worker finds it in its table (src/worker/main.ts). */
  readonly name: string;
  readonly run: (part: Part) => Result;
}

/** What a worker is asked. */
export interface Request {
  id: number;
  task: string;
  part: unknown;
}

/** Without a result where the task has failed. */
export interface Answer {
  id: number;
  result?: { value: unknown };
}
