import { type Digest, hexOf } from '../base/digest.ts';
import type { RecordStore } from './records.ts';

const KIND = 'sources';

/** A blob is often in several repositories; older ones may have lost it. */
const MAX_SOURCES = 8;

/** A place from which a blob can be fetched. */
export type BlobSource =
  /** The full normalised name of the image in whose repository the blob is. */
  | { reference: string }
  /** The absolute path of an OCI layout. */
  | { layout: string };

/** Where blobs that are not here can be fetched, which makes the layers of base images lazy. */
export class SourceStore {
  readonly #records: RecordStore;

  constructor(records: RecordStore) {
    this.#records = records;
  }

  /** The source becomes the first that is tried. */
  remember(digest: Digest, source: BlobSource): void {
    const text = textOf(source);
    const known = this.sourcesOf(digest).map(textOf);
    if (known[0] === text) return;
    this.#records.put(KIND, hexOf(digest), [text, ...known.filter((other) => other !== text)].slice(0, MAX_SOURCES));
  }

  /** The most recent first; empty where none is known. */
  sourcesOf(digest: Digest): BlobSource[] {
    const texts = this.#records.get(KIND, hexOf(digest));
    if (!Array.isArray(texts)) return [];
    return texts.filter((text) => typeof text === 'string').map(sourceOf);
  }

  forget(digest: Digest): void {
    this.#records.remove(KIND, hexOf(digest));
  }
}

/** No image name begins with a slash. */
function sourceOf(text: string): BlobSource {
  return text.startsWith('/') ? { layout: text } : { reference: text };
}

function textOf(source: BlobSource): string {
  return 'layout' in source ? source.layout : source.reference;
}
