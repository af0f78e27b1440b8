import { type Digest, hexOf } from '../base/digest.ts';
import type { RecordStore } from './records.ts';

const KIND = 'sources';

/** A blob is often in several repositories; older ones may have lost it. */
const MAX_SOURCES = 8;

/** A place from which a blob can be fetched. */
export interface BlobSource {
  /** The full normalised name of the image in whose repository the blob is. */
  reference: string;
}

/** Where blobs that are not here can be fetched, which makes the layers of base images lazy. */
export class SourceStore {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** The source becomes the first that is tried. */
  remember(digest: Digest, { reference }: BlobSource): void {
    const known = this.sourcesOf(digest).map((source) => source.reference);
    if (known[0] === reference) return;
    const references = [reference, ...known.filter((other) => other !== reference)].slice(0, MAX_SOURCES);
    this.#records.put(KIND, hexOf(digest), references);
  }

  /** The most recent first; empty where none is known. */
  sourcesOf(digest: Digest): BlobSource[] {
    const references = this.#records.get(KIND, hexOf(digest));
    if (!Array.isArray(references)) return [];
    return references.filter((reference) => typeof reference === 'string').map((reference) => ({ reference }));
  }

  forget(digest: Digest): void {
    this.#records.remove(KIND, hexOf(digest));
  }
}
