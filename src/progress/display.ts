import type { BuildEvent } from '../base/events.ts';

/** One way of showing a build. Times are milliseconds since the epoch. */
export interface Display {
  accept(event: BuildEvent): void;
  /** Called about ten times a second, for what changes without an event. */
  tick(now: number): void;
  /** Shows what is left, after the last event. */
  close(now: number, failed: boolean): void;
}

export type Write = (text: string) => void;
