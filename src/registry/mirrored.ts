import type { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { TransferOptions } from './blob.ts';
import type { FetchedManifest, ReadableRepository, Target } from './repository.ts';

/**
 * A repository that mirrors have too. They are asked first, in their order; what one does not have, or fails to give,
 * the next one is asked for, and the registry itself at last, whose error is the one that counts. A mirror that cannot
 * be reached is asked once. What a mirror answers to a tag is believed, as that of the registry is.
 */
export class MirroredRepository implements ReadableRepository {
  readonly name: string;
  readonly #own: ReadableRepository;
  readonly #mirrors: ReadableRepository[];

  constructor(own: ReadableRepository, mirrors: readonly ReadableRepository[]) {
    this.name = own.name;
    this.#own = own;
    this.#mirrors = [...mirrors];
  }

  resolve(target: Target, signal?: AbortSignal): Promise<Descriptor> {
    return this.#first((repository) => repository.resolve(target, signal));
  }

  fetchManifest(target: Target, signal?: AbortSignal): Promise<FetchedManifest> {
    return this.#first((repository) => repository.fetchManifest(target, signal));
  }

  /** A stream that fails on its way fails: only a mirror that does not begin to send is passed over. */
  fetchBlob(descriptor: Descriptor, options?: TransferOptions): Promise<Readable> {
    return this.#first((repository) => repository.fetchBlob(descriptor, options));
  }

  /** What a mirror sent of a blob before it broke or turned out to be wrong counts for nothing with the next one. */
  download(
    descriptor: Descriptor,
    consume: (stream: Readable) => Promise<void>,
    options?: TransferOptions,
  ): Promise<void> {
    return this.#first((repository) => repository.download(descriptor, consume, options));
  }

  fetchBytes(descriptor: Descriptor, limit: number, signal?: AbortSignal): Promise<Buffer> {
    return this.#first((repository) => repository.fetchBytes(descriptor, limit, signal));
  }

  hasBlob(digest: Digest, signal?: AbortSignal): Promise<boolean> {
    return this.#own.hasBlob(digest, signal);
  }

  referrers(subject: Digest, artifactType?: string, signal?: AbortSignal): Promise<readonly Descriptor[]> {
    return this.#own.referrers(subject, artifactType, signal);
  }

  async #first<T>(ask: (repository: ReadableRepository) => Promise<T>): Promise<T> {
    for (const mirror of [...this.#mirrors]) {
      try {
        return await ask(mirror);
      } catch (error) {
        if (!(error instanceof TsbuildError) || error.code === 'CANCELLED') throw error;
        if (error.code === 'NETWORK') this.#forget(mirror);
      }
    }
    return ask(this.#own);
  }

  #forget(mirror: ReadableRepository): void {
    const index = this.#mirrors.indexOf(mirror);
    if (index >= 0) this.#mirrors.splice(index, 1);
  }
}
