import { gunzipSync, gzipSync } from 'node:zlib';
import { TsbuildError } from '../../base/error.ts';
import type { Descriptor } from '../../oci/types.ts';
import type { LayerProgress } from '../../ops/base-layers.ts';
import type { ImageSource } from '../../ops/image-source.ts';
import type { Store } from '../../store/open.ts';
import type { BlobSource } from '../../store/sources.ts';
import { type CarriedMount, formatTree, MAX_TREE_SIZE, MOUNT_TREE, type MountTree, parseTree } from './document.ts';

/** A mount of a cache that has been read, and where its blobs are. */
export interface PlacedMount extends CarriedMount {
  source: BlobSource;
}

export interface MountContext {
  store: Store;
  images: ImageSource;
  signal: AbortSignal;
}

export async function writeTree(tree: MountTree, { content }: Store): Promise<Descriptor> {
  return { mediaType: MOUNT_TREE, ...(await content.writeBytes(gzipSync(formatTree(tree)))) };
}

/** The document of a mount, fetched where it is not here, and read as a stranger's. INVALID where it is none. */
export async function readTree(
  { tree, source }: PlacedMount,
  { store, images, signal }: MountContext,
  progress: LayerProgress,
): Promise<MountTree> {
  if (tree.size > MAX_TREE_SIZE) throw damaged(`its list has ${tree.size} bytes`);
  if (!store.content.has(tree.digest)) store.sources.remember(tree.digest, source);
  await images.ensureBlob(tree, progress, signal);
  const found = parseTree(unzipped(store.content.readBytes(tree.digest, MAX_TREE_SIZE)));
  for (const { blob } of found.packs) {
    if (!store.content.has(blob.digest)) store.sources.remember(blob.digest, source);
  }
  return found;
}

function unzipped(bytes: Buffer): Buffer {
  try {
    return gunzipSync(bytes, { maxOutputLength: MAX_TREE_SIZE });
  } catch (error) {
    throw damaged(`its list cannot be unpacked (${(error as Error).message})`, error);
  }
}

function damaged(problem: string, cause?: unknown): TsbuildError {
  return new TsbuildError('INVALID', `the cache mount is damaged: ${problem}`, { cause });
}
