import { readdir, stat } from 'node:fs/promises';
import { type Digest, isDigest } from '../base/digest.ts';
import { isErrno } from '../base/error.ts';
import type { StoreLayout } from './layout.ts';
import { storageError } from './storage-error.ts';

export interface BlobUsage {
  digest: Digest;
  /** Bytes. */
  size: number;
  /** Milliseconds since the epoch. */
  writtenAt: number;
}

/** How many files are looked at side by side: what the thread pool does at once, and some in waiting. */
const BATCH = 64;

/** All blobs in the store with their sizes, in no particular order. */
export async function* blobUsage(layout: StoreLayout): AsyncGenerator<BlobUsage> {
  const digests = (await namesOf(layout.blobs)).map((name) => `sha256:${name}`).filter(isDigest);
  for (let start = 0; start < digests.length; start += BATCH) {
    const batch = digests.slice(start, start + BATCH);
    yield* (await Promise.all(batch.map((digest) => usageOf(layout, digest)))).filter((usage) => usage !== undefined);
  }
}

async function usageOf(layout: StoreLayout, digest: Digest): Promise<BlobUsage | undefined> {
  try {
    const { size, mtimeMs } = await stat(layout.blob(digest));
    return { digest, size, writtenAt: mtimeMs };
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw storageError(error);
  }
}

async function namesOf(directory: string): Promise<string[]> {
  try {
    return await readdir(directory);
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return [];
    throw storageError(error);
  }
}
