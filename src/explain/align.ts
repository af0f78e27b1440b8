import type { Digest } from '../base/digest.ts';
import type { RecordedGraph, RecordedStep } from '../journal/graph-record.ts';
import { parseStepName } from './instruction.ts';

/** Which step of an earlier graph a step is; one that is new has none. */
export type Alignment = ReadonlyMap<Digest, RecordedStep>;

/**
 * Finds for each step the one that it was: the one with the same key; in the same stage the one with the same
 * instruction, in order; between these, the one at the same place of the same kind.
 */
export function align(now: RecordedGraph, before: RecordedGraph): Alignment {
  const pairs = new Map<Digest, RecordedStep>();
  const earlier = groupsOf(before);
  for (const [group, steps] of groupsOf(now)) alignGroup(steps, earlier.get(group) ?? [], pairs);
  return pairs;
}

function groupsOf({ steps }: RecordedGraph): Map<string, RecordedStep[]> {
  const groups = new Map<string, RecordedStep[]>();
  for (const step of steps) {
    const { group } = parseStepName(step.name);
    groups.set(group, [...(groups.get(group) ?? []), step]);
  }
  return groups;
}

function alignGroup(
  now: readonly RecordedStep[],
  before: readonly RecordedStep[],
  pairs: Map<Digest, RecordedStep>,
): void {
  const anchors = commonSubsequence(now, before, (a, b) => a.key === b.key || textOf(a) === textOf(b));
  let [start, startBefore] = [0, 0];
  for (const [index, indexBefore] of [...anchors, [now.length, before.length] as const]) {
    pairInOrder(now.slice(start, index), before.slice(startBefore, indexBefore), pairs);
    const [step, stepBefore] = [now[index], before[indexBefore]];
    if (step !== undefined && stepBefore !== undefined) pairs.set(step.key, stepBefore);
    [start, startBefore] = [index + 1, indexBefore + 1];
  }
}

/** What stands between two anchors was changed where there is one of a kind for one of a kind. */
function pairInOrder(
  now: readonly RecordedStep[],
  before: readonly RecordedStep[],
  pairs: Map<Digest, RecordedStep>,
): void {
  const left = [...before];
  for (const step of now) {
    const at = left.findIndex(({ preImage }) => preImage.op.kind === step.preImage.op.kind);
    if (at < 0) continue;
    pairs.set(step.key, left[at] as RecordedStep);
    left.splice(0, at + 1);
  }
}

function textOf({ name, preImage }: RecordedStep): string {
  return `${preImage.op.kind} ${parseStepName(name).text}`;
}

/** Above so many pairs of steps, only what is the same at the beginning is found. */
const MAX_TABLE = 1_000_000;

/** The longest common subsequence, as pairs of indices. */
function commonSubsequence<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): [number, number][] {
  if (a.length * b.length > MAX_TABLE) return commonPrefix(a, b, isSame);
  const width = b.length + 1;
  const lengths = new Uint32Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      lengths[i * width + j] = isSame(a[i] as T, b[j] as T)
        ? at(lengths, (i + 1) * width + j + 1) + 1
        : Math.max(at(lengths, (i + 1) * width + j), at(lengths, i * width + j + 1));
    }
  }
  const pairs: [number, number][] = [];
  for (let [i, j] = [0, 0]; i < a.length && j < b.length; ) {
    if (isSame(a[i] as T, b[j] as T)) pairs.push([i++, j++]);
    else if (at(lengths, (i + 1) * width + j) >= at(lengths, i * width + j + 1)) i++;
    else j++;
  }
  return pairs;
}

function at(lengths: Uint32Array, index: number): number {
  return lengths[index] ?? 0;
}

function commonPrefix<T>(a: readonly T[], b: readonly T[], isSame: (a: T, b: T) => boolean): [number, number][] {
  const pairs: [number, number][] = [];
  while (pairs.length < Math.min(a.length, b.length) && isSame(a[pairs.length] as T, b[pairs.length] as T)) {
    pairs.push([pairs.length, pairs.length]);
  }
  return pairs;
}
