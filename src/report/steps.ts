import { StepTracker } from '../journal/step-tracker.ts';
import type { BuildSummary, JournalEvent, JournalStep } from '../journal/types.ts';

/** The steps of a build: as it has written them at its end, or as its events tell where it never came to one. */
export function stepsOf(build: BuildSummary, events: readonly JournalEvent[]): JournalStep[] {
  const steps = build.steps.length > 0 ? [...build.steps] : fromEvents(events);
  return inputsFirst(steps);
}

function fromEvents(events: readonly JournalEvent[]): JournalStep[] {
  const tracker = new StepTracker();
  for (const event of events) if (event.type !== 'log') tracker.accept(event);
  return tracker.steps({ reasons: new Map(), layers: new Map() });
}

/** In the order in which they were declared, but none before what it needs: two targets declare side by side. */
function inputsFirst(steps: readonly JournalStep[]): JournalStep[] {
  const byVertex = new Map(steps.map((step) => [step.vertex, step]));
  const ordered = new Set<JournalStep>();
  const entered = new Set<JournalStep>();
  for (const first of steps) {
    for (const pending = [first]; pending.length > 0; ) {
      const step = pending.at(-1) as JournalStep;
      const missing = step.inputs.map((input) => byVertex.get(input)).filter((input) => input !== undefined);
      const next = entered.has(step) ? undefined : missing.filter((input) => !ordered.has(input));
      entered.add(step);
      if (next !== undefined && next.length > 0) pending.push(...next.filter((input) => !entered.has(input)));
      else ordered.add(pending.pop() as JournalStep);
    }
  }
  return [...ordered];
}
