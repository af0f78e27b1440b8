import type { RecordedStep } from '../journal/graph-record.ts';
import { parseStepName, variablesIn } from './instruction.ts';
import { listed, quoted, shown } from './show.ts';
import type { Change } from './types.ts';

export function hasOtherText(now: RecordedStep, before: RecordedStep): boolean {
  return parseStepName(now.name).text !== parseStepName(before.name).text;
}

export function instructionChange(now: RecordedStep, before: RecordedStep): Change {
  const [text, textBefore] = [now, before].map(({ name }) => quoted(parseStepName(name).text));
  return { kind: 'instruction', text: `the instruction is now ${text}, was ${textBefore}` };
}

/** `is now 2, was 1`, `is new: 1`, `is gone, was 1`. */
export function valueChange(now: string | undefined, before: string | undefined): string {
  if (now === undefined) return before === 'true' ? 'is gone' : `is gone, was ${shown(before ?? '') || 'empty'}`;
  if (before === undefined) return now === 'true' ? 'is new' : `is new: ${shown(now) || 'empty'}`;
  return `is now ${shown(now) || 'empty'}, was ${shown(before) || 'empty'}`;
}

/** Which line of a heredoc is another one. */
export function heredocBodyChange(name: string, now: string, before: string): Change {
  const [lines, linesBefore] = [now.split('\n'), before.split('\n')];
  const at = lines.findIndex((line, index) => line !== linesBefore[index]);
  const line = at < 0 ? lines.length : at;
  const detail =
    lines.length < linesBefore.length && at < 0
      ? `line ${line + 1} is gone`
      : `line ${line + 1} is now ${quoted(lines[line] ?? '')}, was ${quoted(linesBefore[line] ?? '')}`;
  return { kind: 'heredoc', subject: name, text: `the text of the heredoc ${name} changed: ${detail}` };
}

/** The same text that came to something else: by the values of the variables in it. */
export function expansionChanges(
  { name }: RecordedStep,
  parts: readonly (readonly [what: string, now: string, before: string])[],
): Change[] {
  const variables = variablesIn(parseStepName(name).text);
  const by = variables.length === 0 ? '' : ` (by ${listed(variables.map((variable) => `$${variable}`))})`;
  return parts
    .filter(([, now, before]) => now !== before)
    .map(([what, now, before]) => ({
      kind: variables.length === 0 ? 'other' : 'build argument',
      subject: variables[0],
      text: `its ${what} ${valueChange(now, before)}${by}`,
    }));
}

export function same(a: unknown, b: unknown): boolean {
  return a === b || JSON.stringify(a) === JSON.stringify(b);
}
