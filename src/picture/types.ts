/** What an edge means: the step works on the files of the other, copies from it, or mounts it. */
export type EdgeKind = 'from' | 'copy' | 'mount';

/** What a build would do with a step. */
export type StepOutcome = 'hit' | 'miss' | 'open' | 'free';

export interface PictureStep {
  id: string;
  /** The instruction. */
  label: string;
  /** The stage, of a target: steps of one stand together. */
  group: string;
  kind: string;
  outcome?: StepOutcome | undefined;
  /** The targets that end here. */
  targets?: readonly string[] | undefined;
}

export interface PictureEdge {
  from: string;
  to: string;
  kind: EdgeKind;
}

/** Steps, each after those that it needs, and what leads from one to another. */
export interface Picture {
  steps: readonly PictureStep[];
  edges: readonly PictureEdge[];
}

/** The groups in the order of their first steps. */
export function groupsOf({ steps }: Picture): Map<string, PictureStep[]> {
  const groups = new Map<string, PictureStep[]>();
  for (const step of steps) groups.set(step.group, [...(groups.get(step.group) ?? []), step]);
  return groups;
}

/** Short names, as formats want them, by ID. */
export function shortNames({ steps }: Picture): Map<string, string> {
  return new Map(steps.map(({ id }, index) => [id, `s${index}`]));
}

/** A text on one line, cut in the middle of nothing: `length` is in characters. */
export function oneLine(text: string, length: number): string {
  const line = text.replace(/\s+/g, ' ').trim();
  return line.length > length ? `${line.slice(0, length - 1)}…` : line;
}
