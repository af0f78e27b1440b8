import type { Digest } from '../base/digest.ts';
import type { Outcome } from '../graph/forecast.ts';

/** What kind of thing makes a step another one than it was. */
export type ChangeKind =
  | 'file'
  | 'instruction'
  | 'heredoc'
  | 'flag'
  | 'build argument'
  | 'environment'
  | 'mount'
  | 'base'
  | 'platform'
  | 'new'
  | 'removed'
  | 'no-cache'
  | 'record'
  | 'other';

export interface Change {
  kind: ChangeKind;
  /** What has changed: a path, a name. */
  subject?: string | undefined;
  /** A clause that begins with what changed: `src/a.ts has other content`. */
  text: string;
}

/** A step of now, and what becomes of it or has become. */
export interface StepState {
  outcome: Outcome;
  /** It or one that it needs must not come from the cache; `own` where that was asked of the step itself. */
  fresh?: 'own' | 'inherited' | undefined;
  /** What its execution took, in milliseconds: what a hit saves. */
  duration?: number | undefined;
  /** When its result was made, in milliseconds since the epoch. */
  created?: number | undefined;
}

/** Why a step is not in the cache: what changed, of the step itself or of one that it is made of. */
export interface Cause {
  /** The step that is the first to have changed; undefined for the step itself. */
  step?: string | undefined;
  changes: readonly Change[];
}

export interface StepExplanation {
  key: Digest;
  name: string;
  outcome: Outcome;
  cause?: Cause | undefined;
  /** One sentence, without a full stop. */
  sentence: string;
}

/** What a target was compared with. */
export interface Baseline {
  kind: 'target' | 'elsewhere' | 'cache';
  build?: string | undefined;
  /** Milliseconds since the epoch. */
  time?: number | undefined;
  branch?: string | undefined;
  /** The directory that it was built in, or the name of the cache. */
  place?: string | undefined;
}

export interface TargetExplanation {
  name?: string | undefined;
  platform: string;
  /** Undefined where nothing like it has been built or imported. */
  comparedWith?: Baseline | undefined;
  steps: readonly StepExplanation[];
  /** What changed of the image's configuration, which is no step. */
  config: readonly Change[];
}
