import { createReadStream, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_CONFIG_SIZE, parseImageConfig } from '../oci/config.ts';
import { MAX_MANIFEST_SIZE, parseIndex } from '../oci/manifest.ts';
import { isIndexType, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from '../oci/media-types.ts';
import { hostPlatform, matchPlatform } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Descriptor } from '../oci/types.ts';
import type { BlobInfo } from '../store/blob-writer.ts';
import type { Store } from '../store/open.ts';
import { decompress, detectCompression } from '../tar/decompress.ts';
import { readTar } from '../tar/read.ts';
import { blobsOf, readContents } from './contents.ts';
import { writeManifest } from './image.ts';

export interface LoadedImage {
  /** The image ID. */
  id: Digest;
  references: readonly string[];
}

/** Longest `index.json` or `manifest.json` of an archive that is read. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

interface Members {
  /** Every file of the archive by its name, as a blob of the store. */
  blobs: Map<string, BlobInfo>;
  links: Map<string, string>;
}

/**
 * Takes the images of an archive into the store: of `docker save` (`manifest.json`) or an OCI layout (`index.json`).
 * Blobs that no image of the archive names stay unnamed, and go with the next prune.
 */
export async function loadArchive(input: string, store: Store, signal: AbortSignal): Promise<LoadedImage[]> {
  const stream = input === '-' ? process.stdin : openArchive(input);
  const members = await readMembers(stream as AsyncIterable<Buffer>, store, signal);
  const docker = documentOf(members, 'manifest.json', store);
  if (docker !== undefined) return loadDocker(docker, members, store);
  const index = documentOf(members, 'index.json', store);
  if (index !== undefined) return loadLayout(index, store);
  throw new TsbuildError('INVALID', 'the archive has neither a manifest.json nor an index.json', {
    hint: 'a root filesystem is taken in with `tsbuild import`',
  });
}

function openArchive(path: string): Readable {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) throw new TsbuildError('NOT_FOUND', `archive ${path} does not exist`);
  if (!stats.isDirectory()) return createReadStream(path);
  throw new TsbuildError('INVALID', `${path} is a directory, and no archive`, {
    hint: `a root filesystem is taken in with \`tsbuild import ${path}\``,
  });
}

async function readMembers(stream: AsyncIterable<Buffer>, store: Store, signal: AbortSignal): Promise<Members> {
  const members: Members = { blobs: new Map(), links: new Map() };
  for await (const { entry, body } of readTar(decompress(stream))) {
    signal.throwIfAborted();
    const name = posix.normalize(entry.path);
    if (entry.type === 'file') members.blobs.set(name, await store.content.writeStream(body));
    else if (entry.type === 'symlink') members.links.set(name, posix.join(posix.dirname(name), entry.linkPath ?? ''));
    else if (entry.type === 'hardlink') members.links.set(name, posix.normalize(entry.linkPath ?? ''));
  }
  return members;
}

/** Old archives link a layer that two images share. */
function memberOf({ blobs, links }: Members, name: string): BlobInfo {
  const normal = posix.normalize(name);
  const blob = blobs.get(normal) ?? blobs.get(links.get(normal) ?? '');
  if (blob === undefined) throw new TsbuildError('INVALID', `the archive lacks the file ${name} that it names`);
  return blob;
}

function documentOf(members: Members, name: string, store: Store): unknown {
  const blob = members.blobs.get(name);
  if (blob === undefined) return undefined;
  try {
    return JSON.parse(store.content.readBytes(blob.digest, MAX_DOCUMENT).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new TsbuildError('INVALID', `${name} of the archive is not JSON`, { cause: error });
    throw error;
  }
}

async function loadDocker(document: unknown, members: Members, store: Store): Promise<LoadedImage[]> {
  if (!Array.isArray(document)) throw new TsbuildError('INVALID', 'manifest.json of the archive is not a list');
  const loaded: LoadedImage[] = [];
  for (const { Config, RepoTags, Layers } of document.map(dockerEntry)) {
    const configBlob = memberOf(members, Config);
    const config = parseImageConfig(store.content.readBytes(configBlob.digest, MAX_CONFIG_SIZE));
    const layers = await Promise.all(Layers.map((name) => layerOf(memberOf(members, name), store)));
    if (layers.length !== config.rootfs.diff_ids.length) {
      throw new TsbuildError(
        'INVALID',
        `the archive's image ${Config} has ${layers.length} layers and ${config.rootfs.diff_ids.length} diffIDs`,
      );
    }
    for (const [index, { mediaType, digest }] of layers.entries()) {
      if (mediaType !== OCI_LAYER || digest === config.rootfs.diff_ids[index]) continue;
      throw new TsbuildError('INVALID', `layer ${index} of the archive's image ${Config} is not the one of its diffID`);
    }
    const { descriptor } = await writeManifest(configBlob, layers, store.content);
    loaded.push(await name(descriptor, configBlob.digest, RepoTags, store));
  }
  return loaded;
}

function dockerEntry(entry: unknown): { Config: string; RepoTags: string[]; Layers: string[] } {
  const { Config, RepoTags, Layers } = (entry ?? {}) as Record<string, unknown>;
  const isNames = (value: unknown): value is string[] =>
    Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (typeof Config !== 'string' || !isNames(Layers)) {
    throw new TsbuildError('INVALID', 'manifest.json of the archive has an entry without Config and Layers');
  }
  return { Config, Layers, RepoTags: isNames(RepoTags) ? RepoTags : [] };
}

async function layerOf(blob: BlobInfo, store: Store): Promise<Descriptor> {
  for await (const chunk of store.content.read(blob.digest) as AsyncIterable<Buffer>) {
    const compression = detectCompression(chunk);
    const mediaType = compression === 'gzip' ? OCI_LAYER_GZIP : compression === 'zstd' ? OCI_LAYER_ZSTD : OCI_LAYER;
    return { mediaType, ...blob };
  }
  return { mediaType: OCI_LAYER, ...blob };
}

async function loadLayout(document: unknown, store: Store): Promise<LoadedImage[]> {
  const index = parseIndex(JSON.stringify(document));
  const loaded: LoadedImage[] = [];
  for (const descriptor of index.manifests) {
    const chosen = isWhole(descriptor, store) ? descriptor : platformManifest(descriptor, store);
    const { index: chosenIndex, manifests } = readContents(chosen, store.content);
    for (const blob of blobsOf({ manifests })) {
      if (!store.content.has(blob.digest))
        throw new TsbuildError('INVALID', `the archive lacks the blob ${blob.digest}`);
    }
    const id = chosenIndex === undefined ? manifests[0]?.manifest.config.digest : undefined;
    const full = descriptor.annotations?.['io.containerd.image.name'];
    const { annotations: _, ...plain } = chosen;
    loaded.push(await name(plain, id ?? chosen.digest, full === undefined ? [] : [full], store));
  }
  return loaded;
}

/** Whether the archive holds all images of an index, and not just that of one platform. */
function isWhole({ mediaType, digest }: Descriptor, { content }: Store): boolean {
  if (!isIndexType(mediaType) || !content.has(digest)) return false;
  const { manifests } = parseIndex(content.readBytes(digest, MAX_MANIFEST_SIZE), mediaType);
  return manifests.length > 0 && manifests.every((manifest) => content.has(manifest.digest));
}

function platformManifest(descriptor: Descriptor, store: Store): Descriptor {
  if (!isIndexType(descriptor.mediaType)) return descriptor;
  const { manifests } = parseIndex(store.content.readBytes(descriptor.digest, MAX_MANIFEST_SIZE), descriptor.mediaType);
  const match = matchPlatform(hostPlatform(), manifests);
  if (match === undefined) throw new TsbuildError('NOT_FOUND', 'the archive holds no image for this platform');
  return match;
}

async function name(descriptor: Descriptor, id: Digest, names: readonly string[], store: Store): Promise<LoadedImage> {
  const references = names.map((text) => formatReference(parseReference(text)));
  if (references.length === 0) await store.images.add(descriptor);
  for (const reference of references) await store.images.tag(reference, descriptor);
  return { id, references };
}
