import { createReadStream, statSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { toBytePath } from '../base/bytepath.ts';
import { TsbuildError } from '../base/error.ts';
import { DEFAULT_PATH } from '../oci/default-path.ts';
import { OCI_LAYER } from '../oci/media-types.ts';
import { hostPlatform } from '../oci/platform.ts';
import { unpackLimits } from '../ops/unpack-limits.ts';
import { changesOf } from '../snapshot/changes.ts';
import type { Tree } from '../snapshot/tree.ts';
import { cleanNames } from '../snapshot/unpack.ts';
import type { BlobInfo } from '../store/blob-writer.ts';
import type { ContentStore } from '../store/content.ts';
import { decompress } from '../tar/decompress.ts';
import { TarParser } from '../tar/parser.ts';
import { type ExportedImage, writeConfigured } from './image.ts';
import { writeLayer } from './write-layer.ts';

export interface ImportOptions {
  /** SOURCE_DATE_EPOCH in seconds: the time of the image, and of newer files of a directory. */
  epoch?: number | undefined;
  signal: AbortSignal;
}

/** The last second that RFC 3339 can write: an archive may name a later one. */
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59) / 1000;

/**
 * Makes an image of one layer out of a root filesystem: a directory, a tar (also compressed), or `-` for a tar on
 * standard input. The image has the time of its newest file or of the archive, so that the same input gives the same
 * image.
 */
export async function importRootfs(
  source: string,
  content: ContentStore,
  options: ImportOptions,
): Promise<ExportedImage> {
  const stats = source === '-' ? undefined : statSync(source, { throwIfNoEntry: false });
  if (source !== '-' && stats === undefined) throw new TsbuildError('NOT_FOUND', `${source} does not exist`);
  const { layer, newest } = stats?.isDirectory()
    ? await packDirectory(source, content, options)
    : await copyTar(source === '-' ? process.stdin : createReadStream(source), content, options);
  const seconds = Math.min(options.epoch ?? newest, LATEST);
  const created = new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
  const { os, architecture, variant } = hostPlatform();
  const config = {
    created,
    architecture,
    variant,
    os,
    config: { Env: [`PATH=${DEFAULT_PATH}`] },
    rootfs: { type: 'layers' as const, diff_ids: [layer.digest] },
    history: [{ created, comment: 'imported' }],
  };
  return writeConfigured(config, [{ mediaType: OCI_LAYER, ...layer }], content);
}

interface ImportedLayer {
  layer: BlobInfo;
  /** The latest time of a file, in seconds. */
  newest: number;
}

const NOTHING_BELOW: Tree = {
  lookup: () => undefined,
  children: () => [],
  readlink: (path) => {
    throw new TypeError(`not a symbolic link: ${path}`);
  },
};

async function packDirectory(
  source: string,
  content: ContentStore,
  { epoch, signal }: ImportOptions,
): Promise<ImportedLayer> {
  const directory = toBytePath(source);
  const changes = await changesOf({ directory, opaque: [], parent: NOTHING_BELOW, clampTo: epoch });
  const layer = await writeLayer(changes, content, { signal });
  const newest = changes.reduce((latest, { entry }) => Math.max(latest, entry.mtime), 0);
  return { layer, newest };
}

/** The archive becomes the layer as it is, after it has been read through once as a check. */
async function copyTar(stream: Readable, content: ContentStore, { signal }: ImportOptions): Promise<ImportedLayer> {
  let newest = 0;
  let entries = 0;
  const parser = new TarParser({
    entry: (entry) => {
      cleanNames(entry.path);
      if (entry.type === 'hardlink') cleanNames(entry.linkPath ?? '');
      entries++;
      newest = Math.max(newest, Math.floor(entry.mtime));
    },
    data: () => undefined,
    end: () => undefined,
  });
  const writer = content.writer();
  try {
    for await (const chunk of decompress(stream as AsyncIterable<Buffer>, await unpackLimits())) {
      signal.throwIfAborted();
      parser.write(chunk);
      writer.write(chunk);
    }
    parser.end();
    if (entries === 0) throw new TsbuildError('INVALID', 'the archive holds no files');
  } catch (error) {
    writer.abort();
    throw error;
  }
  return { layer: await writer.commit(), newest };
}
