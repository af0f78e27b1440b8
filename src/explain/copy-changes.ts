import { type BytePath, fromBytePath } from '../base/bytepath.ts';
import type { Json } from '../base/digest.ts';
import type { Op } from '../graph/vertex.ts';
import type { RecordedStep } from '../journal/graph-record.ts';
import { expansionChanges, hasOtherText, heredocBodyChange, same, valueChange } from './clauses.ts';
import type { Change } from './types.ts';

type Source = { pattern: BytePath } | { name: BytePath; content: string };

/** What changed of a COPY or ADD beside its files. */
export function copyChanges(now: RecordedStep, before: RecordedStep): Change[] {
  const [op, opBefore] = [now.preImage.op, before.preImage.op];
  const flags = flagChanges(op, opBefore);
  if (flags.length > 0) return flags;
  const [sources, sourcesBefore] = [sourcesOf(op), sourcesOf(opBefore)];
  const inline = sources.flatMap((source, index) => heredocChange(source, sourcesBefore[index]) ?? []);
  if (inline.length > 0) return inline;
  if (hasOtherText(now, before)) return [];
  return expansionChanges(now, [
    ['source', patternsOf(sources), patternsOf(sourcesBefore)],
    ['destination', destinationOf(op), destinationOf(opBefore)],
  ]);
}

function sourcesOf(op: Op): Source[] {
  return (op.sources ?? []) as unknown as Source[];
}

function patternsOf(sources: readonly Source[]): string {
  return sources.map((source) => fromBytePath('pattern' in source ? source.pattern : source.name)).join(' ');
}

function destinationOf({ destination }: Op): string {
  return fromBytePath(String(destination));
}

const COPY_FLAGS: readonly (readonly [field: string, flag: string])[] = [
  ['chown', '--chown'],
  ['mode', '--chmod'],
  ['exclude', '--exclude'],
  ['parents', '--parents'],
  ['unpack', '--unpack'],
];

function flagChanges(op: Op, before: Op): Change[] {
  return COPY_FLAGS.filter(([field]) => !same(op[field], before[field])).map(([field, flag]) => ({
    kind: 'flag',
    subject: flag,
    text: `the flag ${flag} ${valueChange(flagValue(field, op[field]), flagValue(field, before[field]))}`,
  }));
}

function flagValue(field: string, value: Json | undefined): string | undefined {
  if (value === undefined || value === false) return undefined;
  if (field === 'mode' && typeof value === 'number') return value.toString(8).padStart(4, '0');
  if (Array.isArray(value)) return value.map((item) => fromBytePath(String(item))).join(' ');
  return String(value);
}

function heredocChange(now: Source, before: Source | undefined): Change | undefined {
  if (!('name' in now) || before === undefined || !('name' in before)) return undefined;
  if (now.name !== before.name || now.content === before.content) return undefined;
  return heredocBodyChange(fromBytePath(now.name), now.content, before.content);
}
