import { resolve } from 'node:path';
import { isDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { REF_NAME } from '../export/layout-directory.ts';
import { MAX_MANIFEST_SIZE, parseIndex } from '../oci/manifest.ts';
import type { Descriptor } from '../oci/types.ts';
import { readLayoutFile } from '../ops/layout-files.ts';

/** What the value of `--build-context NAME=oci-layout://…` names. */
export interface LayoutImage {
  /** Absolute. */
  directory: string;
  descriptor: Descriptor;
}

/** How containerd's tools note the full name of an image in a layout. */
const FULL_NAME = 'io.containerd.image.name';
const DEFAULT_TAG = 'latest';

/**
 * Finds the image of `DIRECTORY[:TAG|@DIGEST]` in the index of an OCI layout. Without a tag it is `latest`, else the only
 * one. `option` begins the errors.
 */
export function findInLayout(text: string, option: string): LayoutImage {
  const { path, tag, digest } = partsOf(text);
  const directory = resolve(path);
  const { manifests } = readLayoutIndex(directory, option);
  const found =
    digest === undefined
      ? (manifests.find((entry) => isTagged(entry, tag ?? DEFAULT_TAG)) ?? onlyOne(manifests, tag))
      : manifests.find((entry) => entry.digest === digest);
  if (found !== undefined) return { directory, descriptor: found };
  const names = manifests.map(({ annotations, digest: id }) => annotations?.[REF_NAME] ?? `@${id}`);
  throw new TsbuildError('NOT_FOUND', `${option}: the layout ${path} has no image ${digest ?? tag ?? DEFAULT_TAG}`, {
    hint: names.length === 0 ? 'it holds no image' : `it holds ${names.join(', ')}`,
  });
}

function onlyOne(manifests: readonly Descriptor[], tag: string | undefined): Descriptor | undefined {
  return tag === undefined && manifests.length === 1 ? manifests[0] : undefined;
}

function isTagged({ annotations }: Descriptor, tag: string): boolean {
  const name = annotations?.[REF_NAME];
  return name === tag || name?.endsWith(`:${tag}`) === true || annotations?.[FULL_NAME]?.endsWith(`:${tag}`) === true;
}

/** A colon belongs to the tag only behind the last slash. */
function partsOf(text: string): { path: string; tag?: string; digest?: string } {
  const at = text.lastIndexOf('@');
  if (at >= 0 && isDigest(text.slice(at + 1))) return { path: text.slice(0, at), digest: text.slice(at + 1) };
  const colon = text.indexOf(':', text.lastIndexOf('/') + 1);
  return colon < 0 ? { path: text } : { path: text.slice(0, colon), tag: text.slice(colon + 1) };
}

function readLayoutIndex(directory: string, option: string) {
  try {
    return parseIndex(readLayoutFile(directory, 'index.json', MAX_MANIFEST_SIZE));
  } catch (cause) {
    if (!(cause instanceof TsbuildError) || cause.code !== 'NOT_FOUND') throw cause;
    throw new TsbuildError('NOT_FOUND', `${option}: ${directory} is no OCI layout: it has no index.json`, {
      cause,
      hint: 'an OCI layout is what `tsbuild build -o type=oci,dest=DIR,tar=false` writes',
    });
  }
}
