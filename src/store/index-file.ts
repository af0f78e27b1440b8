import { existsSync, readFileSync } from 'node:fs';
import { writeFileAtomic } from '../base/atomic.ts';
import { isDigest } from '../base/digest.ts';
import { isErrno, TsbuildError } from '../base/error.ts';
import { OCI_INDEX } from '../oci/media-types.ts';
import type { Descriptor, Index } from '../oci/types.ts';
import type { StoreLayout } from './layout.ts';
import { onStorage, storageError } from './storage-error.ts';

/** The two files at the top of an OCI image layout (image-spec, image-layout.md). */
const OCI_LAYOUT = '{"imageLayoutVersion":"1.0.0"}';

/** What stands in `index.json`; nothing where there is none. */
export function readIndexFile(layout: StoreLayout): Index {
  return parseIndexText(readIndexText(layout), layout);
}

/** Undefined where there is no file. */
export function readIndexText({ index }: StoreLayout): string | undefined {
  return readText(index);
}

export function parseIndexText(text: string | undefined, layout: StoreLayout): Index {
  if (text === undefined) return { schemaVersion: 2, mediaType: OCI_INDEX, manifests: [] };
  const index = parse(text) as Partial<Index> | null | undefined;
  if (!Array.isArray(index?.manifests) || !index.manifests.every(isDescriptor)) {
    throw new TsbuildError('STORE', `${layout.index} is damaged`, {
      hint: 'delete the file; the images lose their names, and building again finds everything in the cache',
    });
  }
  return index as Index;
}

/** To be called under the exclusive `index.lock`, after reading under the same lock. */
export function writeIndexFile(layout: StoreLayout, index: Index): void {
  onStorage(() => {
    if (!existsSync(layout.ociLayout)) writeFileAtomic(layout.ociLayout, OCI_LAYOUT);
    writeFileAtomic(layout.index, JSON.stringify(index), { durable: true });
  });
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return undefined;
    throw storageError(error);
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

function isDescriptor(value: unknown): value is Descriptor {
  const { digest, size, mediaType } = (value ?? {}) as Partial<Descriptor>;
  return typeof digest === 'string' && isDigest(digest) && typeof size === 'number' && typeof mediaType === 'string';
}
