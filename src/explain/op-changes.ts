import type { Json } from '../base/digest.ts';
import type { Op } from '../graph/vertex.ts';
import type { RecordedStep } from '../journal/graph-record.ts';
import { hasOtherText, instructionChange, same, valueChange } from './clauses.ts';
import { copyChanges } from './copy-changes.ts';
import { runChanges } from './run-changes.ts';
import type { Change } from './types.ts';

/** What changed in the ops of two steps that are one. Empty where the ops are the same. */
export function opChanges(now: RecordedStep, before: RecordedStep): Change[] {
  const [op, opBefore] = [now.preImage.op, before.preImage.op];
  if (same(op, opBefore)) return [];
  if (op.kind !== opBefore.kind) return [instructionChange(now, before)];
  const changes = op.kind === 'run' ? runChanges(now, before) : op.kind === 'copy' ? copyChanges(now, before) : [];
  if (changes.length > 0) return changes;
  return hasOtherText(now, before) ? [instructionChange(now, before)] : fieldChanges(op, opBefore);
}

/** For kinds of vertices that nothing more is known of. */
function fieldChanges(op: Op, before: Op): Change[] {
  const fields = [...new Set([...Object.keys(op), ...Object.keys(before)])];
  const text = (value: Json | undefined) =>
    value === undefined || typeof value === 'string' ? value : JSON.stringify(value);
  return fields
    .filter((field) => !same(op[field], before[field]))
    .map((field) => ({
      kind: 'other',
      subject: field,
      text: `its ${field} ${valueChange(text(op[field]), text(before[field]))}`,
    }));
}
