/** One thing that was looked at. */
export interface Finding {
  name: string;
  /** `limited`: a feature is missing, and builds work without it. `failed`: no RUN can be executed. */
  status: 'ok' | 'limited' | 'failed';
  /** What was found; where something is missing, what does not work. */
  detail: string;
  /** A command, or a step in words, that mends it. */
  fix?: string | undefined;
}

/** Whose machine is looked at. */
export interface Patient {
  /** The root of the store: a directory that exists. */
  root: string;
  /** The user outside of any namespace of ours. */
  uid: number;
}
