import type { CacheDocument, CachedLayer } from './format.ts';
import { mergeTrees } from './trees.ts';

/** One cache of several: each layer, result and definition once. Of a key that is in several the first counts. */
export function mergeCaches(documents: readonly CacheDocument[]): CacheDocument {
  const layers = new Layers();
  const results = new Map<string, CacheDocument['results'][number]>();
  const definitions = new Map<string, CacheDocument['definitions'][number]>();
  for (const document of documents) {
    const places = layers.add(document.layers);
    for (const result of document.results) {
      if (results.has(result.key)) continue;
      results.set(result.key, { ...result, layer: result.layer === null ? null : (places[result.layer] as number) });
    }
    for (const definition of document.definitions) {
      if (!definitions.has(definition.key)) definitions.set(definition.key, definition);
    }
  }
  const trees = mergeTrees(documents.map((document) => document.trees));
  return {
    layers: layers.all,
    results: [...results.values()],
    definitions: [...definitions.values()],
    ...(trees && { trees }),
  };
}

/** Layers over one another; the same one over the same stack has one place. */
class Layers {
  readonly all: CachedLayer[] = [];
  readonly #places = new Map<string, number>();

  /** The place of each of these. */
  add(layers: readonly CachedLayer[]): number[] {
    const places: number[] = [];
    for (const layer of layers) {
      const parent = layer.parent === null ? null : (places[layer.parent] as number);
      const key = JSON.stringify([parent, layer.diffId, layer.blob?.digest, layer.made]);
      const place = this.#places.get(key) ?? this.all.push({ ...layer, parent }) - 1;
      this.#places.set(key, place);
      places.push(place);
    }
    return places;
  }
}
