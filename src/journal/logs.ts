import type { RecordStore } from '../store/records.ts';
import type { BuildJournals } from './builds.ts';
import { keptLog } from './kept-result.ts';
import type { JournalStep } from './types.ts';

export interface StepLog extends Pick<JournalStep, 'vertex' | 'name' | 'outcome' | 'error'> {
  /** Bytes of both streams, a character each. */
  log: string;
}

/** What the steps of a build said, our own work left out; what a step from the cache said is kept with its result. */
export function logsOf(
  id: string,
  { records, journals }: { records: RecordStore; journals: BuildJournals },
): StepLog[] {
  const said = new Map<string, string[]>();
  for (const event of journals.events(id)) {
    if (event.type !== 'log') continue;
    const pieces = said.get(event.vertex);
    if (pieces === undefined) said.set(event.vertex, [event.data]);
    else pieces.push(event.data);
  }
  const steps = journals.summary(id).steps.filter(({ internal }) => internal !== true);
  return steps.map(({ vertex, name, outcome, error }) => {
    const log = said.get(vertex)?.join('') ?? (outcome === 'hit' ? keptLog(records, vertex) : '');
    return { vertex, name, outcome, error, log };
  });
}
