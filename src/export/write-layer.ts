import type { Change } from '../snapshot/changes.ts';
import { type PackOptions, packLayer } from '../snapshot/pack.ts';
import type { BlobInfo } from '../store/blob-writer.ts';
import type { ContentStore } from '../store/content.ts';

/** Packs a layer into the content store as a plain tar, whose digest is its diffID. A failure leaves nothing. */
export async function writeLayer(
  changes: Iterable<Change>,
  content: ContentStore,
  options: PackOptions,
): Promise<BlobInfo> {
  const writer = content.writer();
  try {
    await packLayer(changes, (chunk) => writer.write(chunk), options);
  } catch (error) {
    writer.abort();
    throw error;
  }
  return await writer.commit();
}
