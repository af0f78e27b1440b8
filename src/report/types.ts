import type { LayerSummary, StepOutcome } from '../journal/types.ts';

/**
 * All that a report says, as plain data: what the page shows, what `--json` prints and what the exports are made of.
 * Times are milliseconds since the beginning of the build; steps are named by their place in `steps`.
 */
export interface ReportData {
  id: string;
  /** What was built, in a word or two. */
  title: string;
  /** Milliseconds since the epoch. */
  started: number;
  /** How long it took; of a build that was killed, to its last event. */
  duration: number;
  outcome: 'done' | 'failed' | 'cancelled' | 'interrupted';
  error?: string | undefined;
  targets: readonly ReportTarget[];
  images: readonly string[];
  /** How many steps could run at once. */
  jobs: number;
  branch?: string | undefined;
  steps: readonly ReportStep[];
  /** The chain of steps that the build waited for, the first one first. */
  critical: readonly number[];
  warnings: readonly ReportWarning[];
  /** An earlier build of the same. */
  before?: EarlierBuild | undefined;
  /** What of the build the report leaves out, as sentences. */
  omitted: readonly string[];
  version: string;
}

export interface ReportTarget {
  name: string;
  directory: string;
  tags: readonly string[];
}

export interface ReportWarning {
  message: string;
  rule?: string | undefined;
  line?: number | undefined;
}

export interface ReportStep {
  name: string;
  /** The stage, and the instruction. */
  stage: string;
  text: string;
  outcome: StepOutcome;
  /** Our own work, and no instruction. */
  internal?: boolean | undefined;
  /** Identity of the step in all builds. */
  key: string;
  inputs: readonly number[];
  /** Of a step that was executed. */
  start?: number | undefined;
  end?: number | undefined;
  /** Where it stands in the timeline. */
  lane?: number | undefined;
  /** By how much the build had been shorter with this step in the cache. */
  saves?: number | undefined;
  /** What the execution of a hit took, when it was executed. */
  saved?: number | undefined;
  /** When the result of a hit was made: milliseconds since the epoch. */
  made?: number | undefined;
  /** Why it was executed. */
  reason?: string | undefined;
  error?: string | undefined;
  layer?: LayerSummary | undefined;
  log?: StepOutput | undefined;
  before?: StepBefore | undefined;
}

/** What a step said. Of what is too long the middle is left out: `cut` bytes after the first `head` characters. */
export interface StepOutput {
  text: string;
  cut?: { head: number; bytes: number } | undefined;
}

/** The same step in the earlier build. */
export interface StepBefore {
  outcome: StepOutcome;
  duration?: number | undefined;
  bytes?: number | undefined;
}

export interface EarlierBuild {
  id: string;
  started: number;
  duration: number;
  /** Steps that it had and this one has not. */
  gone: readonly { name: string; outcome: StepOutcome; duration?: number | undefined }[];
}
