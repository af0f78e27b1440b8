import type { Readable } from 'node:stream';
import { toBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import type { RootView } from '../snapshot/root-view.ts';
import type { SnapshotMeta, Snapshots } from '../snapshot/snapshots.ts';
import { decompress } from '../tar/decompress.ts';
import { unpackLimits } from './unpack-limits.ts';
import { verifying } from './verify.ts';

/** Where progress of fetching and unpacking goes: an id (a short digest), what is done, and bytes. */
export type LayerProgress = (id: string, action: string, current: number, total: number) => void;

/** Gives the content of a layer's blob, from the store or from where it can be fetched. */
export type OpenBlob = (descriptor: Descriptor, progress: LayerProgress, signal: AbortSignal) => Promise<Readable>;

/** Brings a blob into the store, for an `OpenBlob` to come: whoever asks for it meanwhile waits for the same one. */
export type FetchBlob = (descriptor: Descriptor, progress: LayerProgress, signal: AbortSignal) => Promise<void>;

/** Blobs that are fetched at once, as docker does. */
const DOWNLOADS = 3;

/**
 * Base images' layers, unpacked when something runs on them or reads them, and not before. Layers are unpacked from
 * the base upwards, each once, by however many steps at a time ask for them. What failed is tried again when it is asked
 * for again.
 */
export class BaseLayers {
  readonly #snapshots: Snapshots;
  readonly #openBlob: OpenBlob;
  readonly #fetchBlob: FetchBlob | undefined;
  readonly #signal: AbortSignal;
  readonly #unpacking = new Map<string, Promise<void>>();
  /** Told once when owners were flattened because this user namespace maps a single id. */
  readonly #onOwnershipLost: () => void;

  constructor(options: {
    snapshots: Snapshots;
    openBlob: OpenBlob;
    fetchBlob?: FetchBlob | undefined;
    signal: AbortSignal;
    onOwnershipLost: () => void;
  }) {
    this.#snapshots = options.snapshots;
    this.#openBlob = options.openBlob;
    this.#fetchBlob = options.fetchBlob;
    this.#signal = options.signal;
    this.#onOwnershipLost = options.onOwnershipLost;
  }

  /** The stack of `id` as one tree, with every layer in place. */
  async view(id: string | null, progress: LayerProgress = () => undefined): Promise<RootView> {
    const missing = this.#snapshots.missing(id);
    this.#fetchAhead(missing, progress);
    for (const layer of missing) await this.#ensure(layer, progress);
    return this.#snapshots.view(id);
  }

  /** Layers are unpacked one after the other, and fetched side by side. What fails is heard of when it is unpacked. */
  #fetchAhead(layers: readonly string[], progress: LayerProgress): void {
    const queue = layers.flatMap((layer) => this.#snapshots.meta(layer)?.origin?.descriptor ?? []);
    const fetch = this.#fetchBlob;
    if (queue.length < 2 || fetch === undefined) return;
    const next = async (): Promise<void> => {
      for (let descriptor = queue.shift(); descriptor !== undefined; descriptor = queue.shift()) {
        await fetch(descriptor, progress, this.#signal);
      }
    };
    for (let worker = 0; worker < DOWNLOADS; worker++) next().catch(() => queue.splice(0));
  }

  #ensure(id: string, progress: LayerProgress): Promise<void> {
    if (this.#snapshots.unpacked(id)) return Promise.resolve();
    let unpacking = this.#unpacking.get(id);
    if (unpacking === undefined) {
      unpacking = this.#unpack(id, progress).finally(() => this.#unpacking.delete(id));
      this.#unpacking.set(id, unpacking);
    }
    return unpacking;
  }

  async #unpack(id: string, progress: LayerProgress): Promise<void> {
    const { origin, parent } = this.#snapshots.meta(id) as SnapshotMeta;
    if (origin === undefined) {
      throw new TsbuildError('STORE', `the files of snapshot ${id} are gone`, {
        hint: 'run `tsbuild prune --all`, then build again',
      });
    }
    const { descriptor, diffId } = origin;
    const name = descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12);
    const blob = await this.#openBlob(descriptor, progress, this.#signal);
    const draft = this.#snapshots.draft(parent);
    try {
      progress(name, 'extracting', 0, descriptor.size);
      const writer = new LayerWriter(toBytePath(draft.fs), await this.#snapshots.view(parent), {
        userXattrs: this.#snapshots.userXattrs,
      });
      const { entries, ...limits } = await unpackLimits();
      const source = verifying(decompress(blob, limits), diffId, this.#signal);
      const { unpackLayer } = await import('../snapshot/unpack.ts');
      await unpackLayer(source, writer, { entries });
      if (writer.ownershipLost) this.#onOwnershipLost();
      const { opaque, unmarked, plain } = writer;
      this.#snapshots.fill(id, draft, { opaque, unmarked, plain: plain || undefined });
      progress(name, 'done', descriptor.size, descriptor.size);
    } catch (error) {
      this.#snapshots.discard(draft);
      const failure = error instanceof TsbuildError ? error : unpackError(descriptor.digest, error);
      if (failure instanceof TsbuildError && !this.#signal.aborted) this.#snapshots.lose(id);
      throw failure;
    } finally {
      blob.destroy();
    }
  }
}

function unpackError(digest: Digest, error: unknown): unknown {
  if (error instanceof Error && 'syscall' in error) return error;
  const message = error instanceof Error ? error.message : String(error);
  return new TsbuildError('INVALID', `the layer ${digest} cannot be unpacked: ${message}`, { cause: error });
}
