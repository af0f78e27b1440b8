import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { uniqueName } from '../base/atomic.ts';
import { type Digest, hexOf } from '../base/digest.ts';
import { BlobWriter, type ExpectedBlob } from './blob-writer.ts';
import { ContentStore } from './content.ts';
import type { Store } from './open.ts';
import { onStorage } from './storage-error.ts';

/**
 * Blobs that become the store's when whoever brings them has looked at what they are: until `keep` nobody else sees
 * them. Those of the store are seen through it. End it with `discard`.
 */
export class StagedContent extends ContentStore {
  readonly #directory: string;
  readonly #content: ContentStore;

  constructor({ layout, content, sessions }: Pick<Store, 'layout' | 'content' | 'sessions'>) {
    const directory = join(sessions.current?.directory ?? layout.ingest, uniqueName('staged-'));
    super(layout, () => directory);
    this.#directory = directory;
    this.#content = content;
  }

  override path(digest: Digest): string {
    const kept = this.#content.path(digest);
    const staged = this.#staged(digest);
    return existsSync(staged) ? staged : kept;
  }

  override writer(expected: ExpectedBlob = {}): BlobWriter {
    return new BlobWriter(join(this.#directory, uniqueName('blob-')), (digest) => this.#staged(digest), expected);
  }

  /** Gives these blobs to the store. */
  keep(digests: Iterable<Digest>): void {
    for (const digest of digests) {
      const staged = this.#staged(digest);
      if (existsSync(staged)) onStorage(() => moveTo(staged, this.#content.path(digest)));
    }
  }

  discard(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }

  #staged(digest: Digest): string {
    return join(this.#directory, hexOf(digest));
  }
}

function moveTo(from: string, to: string): void {
  mkdirSync(join(to, '..'), { recursive: true, mode: 0o700 });
  renameSync(from, to);
}
