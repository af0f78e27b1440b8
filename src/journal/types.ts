/** What became of a step. `running` where the build was killed. */
export type StepOutcome = 'hit' | 'ran' | 'failed' | 'cancelled' | 'running';

/** One step of a build that is over. Times are milliseconds since the epoch. */
export interface JournalStep {
  vertex: string;
  name: string;
  inputs: readonly string[];
  outcome: StepOutcome;
  started?: number | undefined;
  completed?: number | undefined;
  error?: string | undefined;
  /** Our own work, and no instruction. */
  internal?: boolean | undefined;
  /** Why it was executed, in one sentence. */
  reason?: string | undefined;
  /** Of the layer that it made, as far as that was found out quickly. */
  layer?: LayerSummary | undefined;
}

/** What a layer takes: bytes and number of its files, names that it takes away, and the largest files first. */
export interface LayerSummary {
  bytes: number;
  files: number;
  removed: number;
  largest: readonly { path: string; bytes: number }[];
}

export interface JournalTarget {
  name?: string | undefined;
  directory: string;
  file?: string | undefined;
  target?: string | undefined;
  tags: readonly string[];
}

/** What is kept of a build beside its events. */
export interface BuildSummary {
  id: string;
  started: number;
  /** Absent where the process was killed, or still runs. */
  completed?: number | undefined;
  outcome: 'done' | 'failed' | 'cancelled' | 'interrupted';
  error?: string | undefined;
  targets: readonly JournalTarget[];
  /** IDs of the images. */
  images: readonly string[];
  /** How many steps could run at once. */
  jobs?: number | undefined;
  steps: readonly JournalStep[];
}

/** An event as a line of the journal; bytes of logs are a character each. */
export type JournalEvent =
  | {
      type: 'vertex';
      vertex: string;
      name: string;
      inputs: readonly string[];
      internal?: true | undefined;
      time: number;
    }
  | { type: 'started' | 'cached'; vertex: string; time: number }
  | { type: 'completed'; vertex: string; time: number; error?: string | undefined }
  | { type: 'log'; vertex: string; time: number; stream: 1 | 2; data: string }
  | { type: 'warning'; time: number; message: string; rule?: string | undefined; line?: number | undefined };
