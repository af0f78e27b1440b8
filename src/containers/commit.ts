import { openWithoutLinks } from '../../runner/index.ts';
import { type BytePath, toBytePath } from '../base/bytepath.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { type ExportedImage, writeConfigured } from '../export/image.ts';
import { writeLayer } from '../export/write-layer.ts';
import { MAX_CONFIG_SIZE, parseImageConfig } from '../oci/config.ts';
import { MAX_MANIFEST_SIZE, parseManifest } from '../oci/manifest.ts';
import { OCI_LAYER, OCI_MANIFEST } from '../oci/media-types.ts';
import type { ContainerConfig } from '../oci/types.ts';
import { changesOf } from '../snapshot/changes.ts';
import { overlayMarks } from '../snapshot/overlay-marks.ts';
import type { Snapshots } from '../snapshot/snapshots.ts';
import type { Store } from '../store/open.ts';
import { argumentsOf, type ContainerSpec } from './spec.ts';

export interface CommitOptions {
  /** What the image's containers start with. */
  config: ContainerConfig;
  author?: string | undefined;
  message?: string | undefined;
  signal: AbortSignal;
}

/**
 * Makes an image of what a container has changed: its layer on top of those of its image. What is mounted is no part
 * of it. CHANGED where a file of a running container changes its size meanwhile.
 */
export async function commitContainer(
  spec: ContainerSpec,
  { store, snapshots }: { store: Store; snapshots: Snapshots },
  { config, author, message, signal }: CommitOptions,
): Promise<ExportedImage> {
  const { content, containers } = store;
  const base = parseManifest(content.readBytes(spec.image.manifest, MAX_MANIFEST_SIZE), OCI_MANIFEST);
  const image = parseImageConfig(content.readBytes(spec.image.id, MAX_CONFIG_SIZE));
  const layer = await readLayer(toBytePath(containers.path(spec.id, 'fs')), async (directory) => {
    const opaque = await overlayMarks(directory, snapshots.userXattrs);
    const changes = await changesOf({ directory, opaque, parent: await snapshots.view(spec.snapshot) });
    return writeLayer(changes, content, { signal });
  });
  const created = new Date().toISOString();
  const entry = { created, created_by: argumentsOf(spec.config).join(' '), comment: message, author };
  return writeConfigured(
    {
      ...image,
      created,
      author: author ?? image.author,
      config,
      rootfs: { type: 'layers', diff_ids: [...image.rootfs.diff_ids, layer.digest] },
      history: [...(image.history ?? []), entry],
    },
    [...base.layers, { mediaType: OCI_LAYER, ...layer }],
    content,
  );
}

/** Calls `read` with the path of a layer that its container may be changing, and in which no link leads anywhere. */
export async function readLayer<T>(layer: BytePath, read: (directory: BytePath) => Promise<T>): Promise<T> {
  const { path, close } = await openWithoutLinks(layer);
  try {
    return await read(path);
  } catch (error) {
    if (!isErrno(error, 'ELOOP', 'ENOENT', 'ENOTDIR')) throw error;
    const message = 'the container changed its files while they were read';
    throw new TsbuildError('CHANGED', message, { hint: 'stop it first, or try again', cause: error });
  } finally {
    close();
  }
}
