import { toBytePath } from '../base/bytepath.ts';
import type { Digest } from '../base/digest.ts';
import { chainIds } from '../oci/chain.ts';
import { OCI_LAYER } from '../oci/media-types.ts';
import type { BaseLayers } from '../ops/base-layers.ts';
import { changesOf, plainChangesOf } from '../snapshot/changes.ts';
import type { SnapshotMeta, Snapshots } from '../snapshot/snapshots.ts';
import { EarlierTar, MemberNotes } from '../snapshot/tar-members.ts';
import type { ContentStore } from '../store/content.ts';
import type { AssembledLayer } from './assemble.ts';

export interface LayerExportContext {
  snapshots: Snapshots;
  layers: BaseLayers;
  content: ContentStore;
  /** SOURCE_DATE_EPOCH in seconds: newer times of files become this one, above the base image. */
  epoch?: number | undefined;
  signal: AbortSignal;
  /** How many layers from the bottom are the base image's. */
  baseLayers: number;
}

/**
 * The layers of a stack as blobs. A base image's layers are what they were; a layer that was built here is packed
 * once, as a plain tar: who needs it compressed compresses it then.
 */
export async function layersOf(top: string | null, context: LayerExportContext): Promise<AssembledLayer[]> {
  const layers: AssembledLayer[] = [];
  const ids = context.snapshots.chain(top);
  for (const [index, id] of ids.entries()) {
    // A base image that was built in this store is the snapshots it was made of.
    layers.push(await layerOf(id, { ...context, isBase: index < context.baseLayers }));
  }
  const chain = chainIds(layers.map((layer) => layer.diffId));
  if (context.epoch === undefined) {
    for (const [index, id] of ids.entries()) context.snapshots.linkChain(chain[index] as Digest, id);
  }
  return layers;
}

/** One layer of a stack. What another machine made with times of its own is packed anew where they are to be others. */
export async function layerOf(
  id: string,
  context: Omit<LayerExportContext, 'baseLayers'> & { isBase: boolean },
): Promise<AssembledLayer> {
  const { snapshots } = context;
  const { created } = snapshots.meta(id) as SnapshotMeta;
  const owner = snapshots.owner(id);
  const { origin } = snapshots.meta(owner) as SnapshotMeta;
  const epoch = context.isBase ? undefined : context.epoch;
  const fits = epoch === undefined || origin?.made === undefined || origin.made.clampedTo === epoch;
  if (origin !== undefined && fits) return { descriptor: origin.descriptor, diffId: origin.diffId, created };
  return { ...(await packed(owner, { ...context, epoch })), created };
}

/** A layer that is linked is packed once, where it was made, whatever it lies on. */
async function packed(
  id: string,
  context: Omit<LayerExportContext, 'baseLayers'>,
): Promise<Omit<AssembledLayer, 'created'>> {
  const { snapshots, content, epoch } = context;
  const meta = snapshots.meta(id) as SnapshotMeta;
  const key = epoch === undefined ? '' : String(epoch);
  const known = meta.packed?.[key];
  if (known !== undefined && content.has(known.diffId)) return plainLayer(known.diffId, known.size);
  const parent = await context.layers.view(meta.parent);
  await context.layers.view(id);
  const opaque = snapshots.meta(id)?.opaque ?? [];
  const layer = { directory: toBytePath(snapshots.fs(id)), opaque, parent, clampTo: epoch };
  const isPlain = meta.plain && meta.unmarked === undefined;
  const changes = isPlain ? plainChangesOf(layer) : await changesOf({ ...layer, unmarked: meta.unmarked });
  const notes = meta.plain ? new MemberNotes() : undefined;
  const earlier = notes && earlierTar(meta, key, context);
  const { writeLayer } = await import('./write-layer.ts');
  const { digest, size } = await writeLayer(changes, content, { signal: context.signal, earlier, notes });
  if (notes !== undefined && notes.count >= WORTHWHILE && key === '') snapshots.setNote(id, 'members', notes.encode());
  snapshots.update(id, { packed: { ...snapshots.meta(id)?.packed, [key]: { diffId: digest, size } } });
  return plainLayer(digest, size);
}

/** Fewer members are packed about as fast as they are looked up. */
const WORTHWHILE = 64;

/** The tar of what the same step made before, as far as that is still here. */
function earlierTar(
  { after }: SnapshotMeta,
  key: string,
  { snapshots, content }: Pick<LayerExportContext, 'snapshots' | 'content'>,
): EarlierTar | undefined {
  if (after === undefined || !snapshots.unpacked(after)) return undefined;
  const owner = snapshots.owner(after);
  const tar = snapshots.meta(owner)?.packed?.[key];
  const notes = key === '' ? snapshots.note(owner, 'members') : undefined;
  if (tar === undefined || notes === undefined || !content.has(tar.diffId)) return undefined;
  return new EarlierTar(content.path(tar.diffId), notes);
}

function plainLayer(diffId: Digest, size: number): Omit<AssembledLayer, 'created'> {
  return { diffId, descriptor: { mediaType: OCI_LAYER, digest: diffId, size } };
}
