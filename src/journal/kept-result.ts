import { type Digest, hexOf, isDigest } from '../base/digest.ts';
import { isDefinitionRecord, isResultRecord, type ResultRecord } from '../graph/records.ts';
import type { RecordStore } from '../store/records.ts';

/** What the store still has of a step that was executed once: nothing where it has been pruned. */
export function keptResult(records: RecordStore, step: string): ResultRecord | undefined {
  const content = contentOf(records, step);
  const result = content && records.get('results', hexOf(content));
  return isResultRecord(result) ? result : undefined;
}

/** The layer that a step made. */
export function snapshotOf(records: RecordStore, step: string): string | undefined {
  const { snapshot } = (keptResult(records, step)?.value ?? {}) as { snapshot?: unknown };
  return typeof snapshot === 'string' ? snapshot : undefined;
}

/** What a step said when it was executed, a character for each byte. */
export function keptLog(records: RecordStore, step: string): string {
  const content = contentOf(records, step);
  const kept = (content && records.get('logs', hexOf(content))) as { log?: unknown } | undefined;
  return typeof kept?.log === 'string' ? kept.log : '';
}

function contentOf(records: RecordStore, step: string): Digest | undefined {
  if (!isDigest(step)) return undefined;
  const definition = records.get('definitions', hexOf(step));
  return isDefinitionRecord(definition) ? definition.content : undefined;
}
