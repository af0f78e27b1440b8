import { type Digest, digestOf, hexOf, isDigest } from '../base/digest.ts';
import type { PreImage } from '../graph/vertex.ts';
import type { RecordStore } from '../store/records.ts';

/** Texts behind content digests, which say of each file what it was: for explanations on other machines. */
export type CarriedTrees = Readonly<Record<string, string>>;

/** Characters of all texts of a cache: it is read whole by whoever misses a step. Some ten thousand files. */
const MAX_TEXT = 1024 * 1024;

/** The texts of what steps have copied, those of few files first; undefined where there are none. */
export function treesOf(
  definitions: readonly { preImage: PreImage }[],
  records: Pick<RecordStore, 'get'>,
): CarriedTrees | undefined {
  const digests = definitions.flatMap(({ preImage: { material } }) => (isText(material) ? [material] : []));
  const texts = [...new Set(digests)].flatMap((digest): [Digest, string][] => {
    const text = records.get('trees', hexOf(digest));
    return typeof text === 'string' ? [[digest, text]] : [];
  });
  return withinLimit(texts);
}

/** Of the trees of several caches, those that there is room for. */
export function mergeTrees(trees: readonly (CarriedTrees | undefined)[]): CarriedTrees | undefined {
  return withinLimit(Object.entries(Object.assign({}, ...trees) as CarriedTrees));
}

/** What a stranger sends: a text that is not what its digest says is left out. */
export function trustedTrees(trees: CarriedTrees): CarriedTrees {
  return Object.fromEntries(Object.entries(trees).filter(([digest, text]) => digestOf(text) === digest));
}

function withinLimit(texts: readonly (readonly [string, string])[]): CarriedTrees | undefined {
  let left = MAX_TEXT;
  const kept = texts
    .toSorted(([, a], [, b]) => a.length - b.length)
    .filter(([, { length }]) => {
      left -= length;
      return left >= 0;
    });
  return kept.length > 0 ? Object.fromEntries(kept) : undefined;
}

function isText(material: unknown): material is Digest {
  return typeof material === 'string' && isDigest(material);
}
