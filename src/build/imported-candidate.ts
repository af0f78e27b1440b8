import type { ReadCache } from '../cache/read.ts';
import type { Candidate } from '../explain/nearest.ts';
import type { RecordedGraph } from '../journal/graph-record.ts';

/**
 * What another machine has exported, as if it had been built here. A cache says nothing of configuration and of base
 * images: what of these steps stand on there is what it was.
 */
export function importedCandidate({ document, source }: ReadCache, now: RecordedGraph): Candidate {
  const names = new Map(document.results.map(({ key, name }) => [key, name]));
  const steps = document.definitions.map(({ key, content, preImage }) => ({
    key,
    preImage,
    name: names.get(content) ?? '',
  }));
  const inputs = new Set(steps.flatMap(({ preImage }) => preImage.inputs));
  const bases = now.steps.filter(({ key, preImage }) => preImage.op.kind === 'image' && inputs.has(key));
  const place = 'reference' in source ? source.reference : source.layout;
  const { platform, config } = now;
  return { graph: { platform, config, ignore: {}, steps: [...bases, ...steps] }, baseline: { kind: 'cache', place } };
}
