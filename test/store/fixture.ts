import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type ErrorCode, TsbuildError } from '../../src/base/error.ts';
import { OCI_CONFIG, OCI_MANIFEST } from '../../src/oci/media-types.ts';
import type { Descriptor } from '../../src/oci/types.ts';
import { openStore, type Store } from '../../src/store/open.ts';

/** Runs the work with a store in a directory of its own, which goes afterwards. */
export async function withStore(work: (store: Store) => Promise<void>): Promise<void> {
  await withDirectory(async (directory) => work(await openStore(join(directory, 'root'))));
}

export async function withDirectory(work: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'store-'));
  try {
    await work(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Writes an image without layers, different for each `architecture`. */
export async function writeImage(
  store: Store,
  architecture: string,
): Promise<{ manifest: Descriptor; config: Descriptor }> {
  const text = JSON.stringify({ architecture, os: 'linux', rootfs: { type: 'layers', diff_ids: [] } });
  const config = { mediaType: OCI_CONFIG, ...(await store.content.writeBytes(text)) };
  const manifest = JSON.stringify({ schemaVersion: 2, mediaType: OCI_MANIFEST, config, layers: [] });
  return { config, manifest: { mediaType: OCI_MANIFEST, ...(await store.content.writeBytes(manifest)) } };
}

/** The code of the TsbuildError that the work fails with, else what happened instead. */
export async function codeOf(work: () => unknown): Promise<ErrorCode | string> {
  try {
    await work();
    return 'no error';
  } catch (error) {
    return error instanceof TsbuildError ? error.code : String(error);
  }
}
