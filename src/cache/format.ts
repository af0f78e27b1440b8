import { type Digest, digestOfJson, isDigest, type Json } from '../base/digest.ts';
import { keyOf } from '../graph/keys.ts';
import { type DefinitionRecord, isDefinitionRecord, isResultRecord, type ResultRecord } from '../graph/records.ts';
import type { PreImage } from '../graph/vertex.ts';
import { chainIds } from '../oci/chain.ts';
import { CheckedObject } from '../oci/fields.ts';
import type { Descriptor } from '../oci/types.ts';
import { type CarriedMount, mountOf } from './mounts/document.ts';
import { type CarriedTrees, trustedTrees } from './trees.ts';

/** The configuration of a cache that is an image manifest of its own: its layers are the blobs that it carries. */
export const CACHE_CONFIG = 'application/vnd.tsbuild.cache.config.v1+json';
/** The field of an image's configuration that holds the cache of the image. */
export const INLINE_FIELD = 'tsbuild.cache.v1';

/** Longest cache that is read: tens of thousands of steps. */
export const MAX_CACHE_SIZE = 64 * 1024 * 1024;
const VERSION = 1;

/** One layer over another. A layer of two stacks is two of these. */
export interface CachedLayer {
  /** The index of the layer below; null for the lowest. */
  parent: number | null;
  diffId: Digest;
  /** Absent in an image's own cache, where the image says it. */
  blob?: Descriptor | undefined;
  /** Milliseconds since the epoch. */
  created: number;
  /** Absent for a layer of a base image; else the time that newer files were clamped to, in seconds. */
  made?: { clampedTo: number | null } | undefined;
}

/** A result as another machine can use it: the root filesystem is a stack of layers, by its topmost; null for none. */
export type CachedResult = Omit<ResultRecord, 'value'> & { key: Digest; layer: number | null };

/** What a cache holds. Layers come after the ones below them, results and definitions in the order of the build. */
export interface CacheDocument {
  layers: readonly CachedLayer[];
  results: readonly CachedResult[];
  definitions: readonly (DefinitionRecord & { key: Digest })[];
  /** Cache mounts. */
  mounts?: readonly CarriedMount[] | undefined;
  /** What the definitions' files were, by content digest. */
  trees?: CarriedTrees | undefined;
}

export function formatCache(document: CacheDocument): Json {
  return { version: VERSION, ...document } as unknown as Json;
}

/**
 * Reads what a stranger calls a cache. A record whose key is not the hash of its pre-image, a definition that leads to
 * a result of another step, and what leads to a layer that is not there are left out. INVALID where the whole is none.
 */
export function parseCache(bytes: Uint8Array | string): CacheDocument {
  const root = CheckedObject.parse(bytes, 'cache', MAX_CACHE_SIZE);
  if (root.count('version') !== VERSION) root.fail('version', `${VERSION}, the one that this version of tsbuild knows`);
  const layers = (root.objects('layers') ?? []).map(layerOf);
  const known = (root.objects('results') ?? []).flatMap((object) => resultOf(object, layers.length) ?? []);
  const results = new Map(known.map((result) => [result.key, result]));
  const definitions = (root.objects('definitions') ?? []).flatMap((object) => definitionOf(object, results) ?? []);
  const mounts = (root.objects('mounts') ?? []).map(mountOf);
  const trees = root.stringMap('trees');
  return {
    layers,
    results: [...results.values()],
    definitions,
    ...(mounts.length > 0 && { mounts }),
    ...(trees && { trees: trustedTrees(trees) }),
  };
}

/** The chainID of each layer with all that is below it. */
export function chainsOf(layers: readonly CachedLayer[]): Digest[] {
  const chains: Digest[] = [];
  for (const { parent, diffId } of layers) {
    chains.push(chainIds(parent === null ? [diffId] : [chains[parent] as Digest, diffId]).at(-1) as Digest);
  }
  return chains;
}

function layerOf(object: CheckedObject, index: number): CachedLayer {
  const parent = object.count('parent') ?? null;
  if (parent !== null && parent >= index) object.fail('parent', 'an earlier layer');
  const made = object.object('made');
  const blob = object.object('blob');
  return {
    parent,
    diffId: object.requiredDigest('diffId'),
    blob: blob && {
      mediaType: blob.requiredString('mediaType'),
      digest: blob.requiredDigest('digest'),
      size: blob.count('size') ?? blob.fail('size', 'a number of bytes'),
    },
    created: object.count('created') ?? 0,
    made: made && { clampedTo: made.count('clampedTo') ?? null },
  };
}

function resultOf(object: CheckedObject, layers: number): CachedResult | undefined {
  const { value } = object;
  const { key, layer = null } = value as { key?: unknown; layer?: unknown };
  const record = { ...value, value: {} };
  if (!isResultRecord(record) || !isKeyOf('content', key, record.preImage)) return undefined;
  const isLayer =
    layer === null || (Number.isSafeInteger(layer) && (layer as number) >= 0 && (layer as number) < layers);
  if (!isLayer) return undefined;
  const { created, preImage } = record;
  const duration = object.count('duration') ?? 0;
  return { key, layer: layer as number | null, created, duration, name: object.string('name') ?? '', preImage };
}

function definitionOf(
  object: CheckedObject,
  results: ReadonlyMap<Digest, CachedResult>,
): (DefinitionRecord & { key: Digest }) | undefined {
  const { value } = object;
  const { key } = value as { key?: unknown };
  if (!isDefinitionRecord(value) || !isKeyOf('definition', key, value.preImage)) return undefined;
  const result = results.get(value.content);
  if (result === undefined || !isSameStep(value.preImage, result.preImage)) return undefined;
  return { key, content: value.content, preImage: value.preImage };
}

function isKeyOf(level: 'definition' | 'content', key: unknown, preImage: PreImage): key is Digest {
  return typeof key === 'string' && isDigest(key) && keyOf(level, preImage) === key;
}

/**
 * Whether a definition can lead to a result: both are of the same kind of step, with the same content from outside of
 * the graph. Of what else is in the op, a result may know less.
 */
function isSameStep(one: PreImage, other: PreImage): boolean {
  const identity = ({ op, material, inputs }: PreImage) =>
    digestOfJson({ kind: op.kind, material, inputs: inputs.length });
  return identity(one) === identity(other);
}
