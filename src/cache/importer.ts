import { type Digest, hexOf, type Json } from '../base/digest.ts';
import { TsbuildError, toTsbuildError } from '../base/error.ts';
import type { RecordSource } from '../graph/records.ts';
import type { ImageSource } from '../ops/image-source.ts';
import { rootfsValue } from '../ops/rootfs.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { type CacheDocument, type CachedLayer, type CachedResult, chainsOf } from './format.ts';
import type { CacheFrom } from './options.ts';
import { type ReadCache, readCaches } from './read.ts';

export interface ImporterContext {
  store: Store;
  snapshots: Snapshots;
  images: ImageSource;
  signal: AbortSignal;
  warn: (message: string) => void;
  /** Shows a piece of work as a step. */
  step: <T>(name: string, work: () => Promise<T>) => Promise<T>;
}

/** A cache with what it is looked up by. */
interface Indexed extends ReadCache {
  chains: readonly Digest[];
  results: ReadonlyMap<Digest, CachedResult>;
  definitions: ReadonlyMap<Digest, CacheDocument['definitions'][number]>;
}

/**
 * The caches of other machines. They are read when the first step is not in the records of this one. A record that is
 * used is copied into them, and its layers become snapshots that nobody has unpacked: a blob is fetched when something
 * needs its files. A cache that is not there, or is none, is a warning.
 */
export class CacheImporter implements RecordSource {
  readonly #context: ImporterContext;
  readonly #sources: readonly CacheFrom[];
  #reading: Promise<Indexed[]> | undefined;

  constructor(sources: readonly CacheFrom[], context: ImporterContext) {
    this.#sources = sources;
    this.#context = context;
  }

  async adoptDefinition(key: Digest): Promise<boolean> {
    for (const cache of await this.#caches()) {
      const record = cache.definitions.get(key);
      if (record === undefined || !this.#adopt(record.content, cache)) continue;
      const { content, preImage } = record;
      this.#context.store.records.put('definitions', hexOf(key), { content, preImage } as unknown as Json);
      return true;
    }
    return false;
  }

  async adoptResult(key: Digest): Promise<boolean> {
    return (await this.#caches()).some((cache) => this.#adopt(key, cache));
  }

  /** All caches that there are; they are read now where nobody has needed them before. */
  all(): Promise<readonly ReadCache[]> {
    return this.#caches();
  }

  /** The caches that have been read so far: nobody reads them again. */
  async read(): Promise<readonly ReadCache[]> {
    return (await this.#reading) ?? [];
  }

  #adopt(key: Digest, { results, document, chains, carried, source }: Indexed): boolean {
    const result = results.get(key);
    if (result === undefined) return false;
    const stack = stackOf(result.layer, document.layers);
    const { snapshots, store } = this.#context;
    if (stack.some(([, { blob }]) => blob === undefined || snapshots.isLost(blob.digest))) return false;
    let snapshot: string | null = null;
    for (const [index, { diffId, blob: descriptor, created, made }] of stack) {
      const origin = { descriptor: descriptor as NonNullable<typeof descriptor>, diffId, made };
      snapshot = snapshots.ofImageLayer(snapshot, chains[index] as Digest, origin, { created, claimed: true });
      if (carried.has(origin.descriptor.digest) && !store.content.has(origin.descriptor.digest)) {
        store.sources.remember(origin.descriptor.digest, source);
      }
    }
    const { created, duration, name, preImage } = result;
    const record = { value: rootfsValue(snapshot), created, duration, name, preImage };
    store.records.put('results', hexOf(key), record as unknown as Json);
    return true;
  }

  #caches(): Promise<Indexed[]> {
    this.#reading ??= Promise.all(this.#sources.map((from) => this.#read(from))).then((caches) => caches.flat());
    return this.#reading;
  }

  async #read(from: CacheFrom): Promise<Indexed[]> {
    const { images, signal, step, warn } = this.#context;
    const name = from.type === 'registry' ? from.reference : from.directory;
    try {
      return await step(`importing cache from ${name}`, async () =>
        (await readCaches(from, images, signal)).map(indexed),
      );
    } catch (thrown) {
      const error = toTsbuildError(thrown);
      if (signal.aborted || error.code === 'INTERNAL') throw error;
      warn(`no cache from ${name}: ${error.message}`);
      return [];
    }
  }
}

function indexed(cache: ReadCache): Indexed {
  const { layers, results, definitions } = cache.document;
  return {
    ...cache,
    chains: chainsOf(layers),
    results: new Map(results.map((result) => [result.key, result])),
    definitions: new Map(definitions.map((definition) => [definition.key, definition])),
  };
}

/** The layers below a layer and itself, from the lowest. */
function stackOf(top: number | null, layers: readonly CachedLayer[]): [number, CachedLayer][] {
  const stack: [number, CachedLayer][] = [];
  for (let index = top; index !== null; ) {
    const layer = layers[index];
    if (layer === undefined) throw new TsbuildError('INTERNAL', `a cache has no layer ${index}`);
    stack.unshift([index, layer]);
    index = layer.parent;
  }
  return stack;
}
