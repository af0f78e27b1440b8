import { listed } from './show.ts';
import type { Cause, StepState } from './types.ts';

interface Told {
  state: StepState;
  cause: Cause | undefined;
  /** Nothing like it has been built before. */
  isFirst: boolean;
}

/** One sentence about a step, without a full stop. */
export function sentenceOf({ state, cause, isFirst }: Told): string {
  if (state.outcome === 'hit') return hitSentence(state);
  if (cause === undefined) return 'unchanged';
  if (isFirst && state.fresh === undefined) return 'nothing like it has been built here before';
  const changes = listed(cause.changes.map(({ text }) => text));
  if (cause.step === undefined) return changes;
  if (state.outcome === 'open') return `runs unless it reads the same as before: ${cause.step} changed: ${changes}`;
  return `because ${cause.step} changed: ${changes}`;
}

function hitSentence({ duration }: StepState): string {
  return duration === undefined ? 'in the cache' : `in the cache, which saves ${seconds(duration)}`;
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`;
}
