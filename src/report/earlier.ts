import { parseStepName } from '../explain/instruction.ts';
import type { BuildJournals } from '../journal/builds.ts';
import type { BuildSummary, JournalStep } from '../journal/types.ts';

/** The last build before this one of the same targets that came to its end. */
export function earlierBuild(journals: BuildJournals, build: BuildSummary): string | undefined {
  const wanted = identitiesOf(build);
  if (wanted === '[]') return undefined;
  return journals
    .ids()
    .filter((id) => id < build.id)
    .find((id) => {
      const earlier = journals.summary(id);
      return earlier.outcome === 'done' && identitiesOf(earlier) === wanted;
    });
}

function identitiesOf({ targets }: BuildSummary): string {
  return JSON.stringify(targets.map(({ directory, file, target, name }) => [directory, file, target, name]));
}

/**
 * Which step of an earlier build each step was: the same one; else the one with the same text in the same stage; else
 * the one with the same number there, where it begins with the same word. No step is taken twice.
 */
export function pairSteps(now: readonly JournalStep[], before: readonly JournalStep[]): Map<JournalStep, JournalStep> {
  const pairs = new Map<JournalStep, JournalStep>();
  const left = new Set(before);
  const identities = [
    ({ vertex }: JournalStep) => vertex,
    ({ name }: JournalStep) => JSON.stringify(parseStepName(name)),
    ({ name }: JournalStep) => NUMBERED_WORD.exec(name)?.[0] ?? name,
  ];
  for (const identity of identities) {
    const byIdentity = new Map([...left].reverse().map((step) => [identity(step), step]));
    for (const step of now) {
      const found = pairs.has(step) ? undefined : byIdentity.get(identity(step));
      if (found === undefined || !left.has(found)) continue;
      left.delete(found);
      pairs.set(step, found);
    }
  }
  return pairs;
}

/** `[build 2/5] RUN`, `[build 2/5] RUN npm` is none: what follows the word may have changed. */
const NUMBERED_WORD = /^\[[^\]]*\] \S+/;
