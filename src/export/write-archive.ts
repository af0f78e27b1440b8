import { abortable } from '../base/abortable.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ImageSource } from '../ops/image-source.ts';
import type { Store } from '../store/open.ts';
import { packArchive } from '../tar/archive.ts';
import { type ArchivedImage, archiveMembers } from './archive.ts';
import { blobsOf, compressedContents, readContents } from './contents.ts';
import { destinationStream } from './destination.ts';
import type { ImageForm } from './form.ts';
import { writeLayoutDirectory } from './layout-directory.ts';

export interface ArchiveOutput {
  type: 'oci' | 'docker';
  /** A path, or `-`. */
  destination: string;
  form?: ImageForm | undefined;
  /** The destination is a directory instead of one file. */
  directory?: boolean | undefined;
}

/** An image of the store, and the full names that the archive gives it. */
export interface NamedImage {
  descriptor: Descriptor;
  references: readonly string[];
}

export interface WriteArchiveOptions {
  signal: AbortSignal;
  /** SOURCE_DATE_EPOCH in seconds: the time of the archive's members. */
  epoch?: number | undefined;
  progress?: ((id: string, action: string, current: number, total: number) => void) | undefined;
}

/**
 * Writes images into one archive. For `oci` the layers are compressed, so the manifest is the one that a push would
 * make; for `docker`, which is loaded on this machine as a rule, they stay as they are unless a form is asked for.
 */
export async function writeArchive(
  output: ArchiveOutput,
  images: readonly NamedImage[],
  context: { store: Store; images: ImageSource },
  options: WriteArchiveOptions,
): Promise<void> {
  const { content } = context.store;
  const archived: ArchivedImage[] = [];
  for (const image of images) {
    const stored = readContents(image.descriptor, content);
    for (const blob of blobsOf(stored)) {
      await context.images.ensureBlob(blob, options.progress ?? (() => undefined), options.signal);
    }
    const { form } = output;
    const isFormed = output.type === 'oci' || form !== undefined;
    const contents = isFormed ? await compressedContents(stored, context.store, options.signal, form) : stored;
    archived.push({ ...contents, references: image.references });
  }
  const members = archiveMembers(archived, content, { docker: output.type === 'docker' });
  if (output.directory) return writeLayoutDirectory(output.destination, abortable(members, options.signal));
  await destinationStream(output.destination).writeAll(
    abortable(packArchive(members, { mtime: options.epoch }), options.signal),
  );
}
