import { layerOf } from '../export/layers.ts';
import type { VertexRecords } from '../graph/solver.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import { type Rootfs, rootfsOf } from '../ops/rootfs.ts';
import type { SnapshotMeta, Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import type { CacheDocument, CachedLayer, CachedResult } from './format.ts';
import { treesOf } from './trees.ts';

export interface CollectContext {
  store: Store;
  snapshots: Snapshots;
  layers: BaseLayers;
  /** SOURCE_DATE_EPOCH of the build, in seconds: its layers are the image's. */
  epoch?: number | undefined;
  signal: AbortSignal;
}

/** The records of a build with the stacks of layers that they lead to. Layers that were made here are packed. */
export async function collectCache(records: readonly VertexRecords[], context: CollectContext): Promise<CacheDocument> {
  const stacks = new Stacks(context);
  const results = new Map<string, CachedResult>();
  for (const { content, result } of records) {
    const { value, ...record } = result;
    const { snapshot } = rootfsOf({ id: content, value, created: record.created }) as Partial<Rootfs>;
    if (snapshot === undefined || results.has(content)) continue;
    results.set(content, { ...record, key: content, layer: await stacks.add(snapshot) });
  }
  const definitions = records
    .filter(({ content }) => results.has(content))
    .map(({ key, definition }) => ({ key, ...definition }));
  const trees = treesOf(definitions, context.store.records);
  return { layers: stacks.layers, results: [...results.values()], definitions, ...(trees && { trees }) };
}

/** Snapshots as layers over one another, each once. */
class Stacks {
  readonly layers: CachedLayer[] = [];
  readonly #context: CollectContext;
  readonly #indexes = new Map<string, number>();

  constructor(context: CollectContext) {
    this.#context = context;
  }

  async add(id: string | null): Promise<number | null> {
    if (id === null) return null;
    const known = this.#indexes.get(id);
    if (known !== undefined) return known;
    const { snapshots } = this.#context;
    const { parent } = snapshots.meta(id) as SnapshotMeta;
    const { origin } = snapshots.meta(snapshots.owner(id)) as SnapshotMeta;
    const below = await this.add(parent);
    const isBase = origin !== undefined && origin.made === undefined;
    const { store, epoch } = this.#context;
    const { descriptor, diffId, created } = await layerOf(id, { ...this.#context, content: store.content, isBase });
    const made = isBase ? undefined : (origin?.made ?? { clampedTo: epoch ?? null });
    const { mediaType, digest, size } = descriptor;
    this.layers.push({ parent: below, diffId, blob: { mediaType, digest, size }, created, made });
    this.#indexes.set(id, this.layers.length - 1);
    return this.layers.length - 1;
  }
}
