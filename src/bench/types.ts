/** What is done to the copy of a project before a build. Paths are relative to it. */
export type Change =
  | { kind: 'none' }
  /** Every file gets the present time. */
  | { kind: 'touch' }
  /** Text that is another one each time, at the end of a file. `{n}` in it is a number. */
  | { kind: 'append'; file: string; text: string }
  | { kind: 'write'; file: string; text: string }
  | { kind: 'remove'; file: string }
  | { kind: 'args'; args: Readonly<Record<string, string>> }
  /** The base image of this name has a layer more. */
  | { kind: 'base'; image: string };

export interface Scenario {
  name: string;
  /** What is done, in a clause. */
  detail: string;
  /**
   * `cold`: a store that has nothing but images. `warm`: the store that has built the project as it is. `remote`: a
   * cold one that is given the cache which the warm one has exported.
   */
  store: 'cold' | 'warm' | 'remote';
  change: Change;
  /** How often it is measured. */
  runs?: number | undefined;
}

/** A scenario that cannot be had, and why. */
export interface Skipped {
  name: string;
  reason: string;
}

export interface Plan {
  scenarios: readonly Scenario[];
  skipped: readonly Skipped[];
  /** Options of every build. */
  build: BuildSettings;
}

export interface BuildSettings {
  /** Relative to the project. */
  file?: string | undefined;
  target?: string | undefined;
  args: Readonly<Record<string, string>>;
}

/** What the builds of a scenario came to. */
export interface ScenarioResult extends Pick<Scenario, 'name' | 'detail' | 'store'> {
  /** Milliseconds of the whole command, by builder. */
  walls: Readonly<Record<string, readonly number[]>>;
  /** Builders that did not come to an end, and what they said last. */
  failures: Readonly<Record<string, string>>;
  /** Of tsbuild's last run, as are the sizes. */
  steps: readonly StepResult[];
  /** Bytes of the layers that COPY and ADD wrote, that all steps wrote, and that came to the store as blobs. */
  bytes: { copied: number; layers: number; blobs: number };
}

export interface StepResult {
  name: string;
  isHit: boolean;
  /** Milliseconds, of a step that was executed. */
  duration?: number | undefined;
  reason?: string | undefined;
}

export interface BenchResult {
  /** ISO 8601. */
  time: string;
  project: string;
  machine: string;
  /** The version by name of those that took part; ours is the first. */
  builders: Readonly<Record<string, string>>;
  /** Builders that were asked for and did not take part, and why. */
  absent: readonly Skipped[];
  scenarios: readonly ScenarioResult[];
  skipped: readonly Skipped[];
}
