import { join } from 'node:path';
import { type Digest, hexOf } from '../base/digest.ts';

/** The version of the format that this program reads and writes: the folder `v1` of the root. */
export const FORMAT_VERSION = 1;

/** Where everything is in a store of this version. Nothing here touches the disk. */
export class StoreLayout {
  readonly root: string;
  /** `<root>/v1`, the parent of all the rest. */
  readonly base: string;
  /** An OCI image layout (image-spec, image-layout.md). */
  readonly content: string;
  readonly ociLayout: string;
  readonly index: string;
  readonly blobs: string;
  /** Blobs of processes without a session, while they are being written. */
  readonly ingest: string;
  readonly snapshots: string;
  /** One directory and one lock file for each running process. */
  readonly sessions: string;
  readonly indexLock: string;
  readonly gcLock: string;

  constructor(root: string) {
    this.root = root;
    this.base = join(root, `v${FORMAT_VERSION}`);
    this.content = join(this.base, 'content');
    this.ociLayout = join(this.content, 'oci-layout');
    this.index = join(this.content, 'index.json');
    this.blobs = join(this.content, 'blobs', 'sha256');
    this.ingest = join(this.base, 'ingest');
    this.snapshots = join(this.base, 's');
    this.sessions = join(this.base, 'tmp');
    this.indexLock = join(this.base, 'index.lock');
    this.gcLock = join(this.base, 'gc.lock');
  }

  blob(digest: Digest): string {
    return join(this.blobs, hexOf(digest));
  }
}
