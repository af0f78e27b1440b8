import { createReadStream, statSync } from 'node:fs';
import { posix } from 'node:path';
import type { Readable } from 'node:stream';
import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_CONFIG_SIZE, parseImageConfig } from '../oci/config.ts';
import { MAX_MANIFEST_SIZE, parseIndex, requireLayerTypes } from '../oci/manifest.ts';
import { isConfigType, isIndexType, OCI_LAYER, OCI_LAYER_GZIP, OCI_LAYER_ZSTD } from '../oci/media-types.ts';
import { hostPlatform, matchPlatform } from '../oci/platform.ts';
import { formatReference, parseReference } from '../oci/reference.ts';
import type { Descriptor } from '../oci/types.ts';
import { unpackLimits } from '../ops/unpack-limits.ts';
import type { BlobInfo } from '../store/blob-writer.ts';
import type { ContentStore } from '../store/content.ts';
import type { Store } from '../store/open.ts';
import { StagedContent } from '../store/staged.ts';
import { decompress, detectCompression } from '../tar/decompress.ts';
import { readTar } from '../tar/read.ts';
import { blobsOf, readContents } from './contents.ts';
import { writeManifest } from './image.ts';
import type { ManifestContents } from './image-contents.ts';

export interface LoadedImage {
  /** The image ID. */
  id: Digest;
  references: readonly string[];
}

/** Longest `index.json` or `manifest.json` of an archive that is read. */
const MAX_DOCUMENT = 4 * 1024 * 1024;

interface Members {
  /** Every file of the archive by its name, as a blob. */
  blobs: Map<string, BlobInfo>;
  links: Map<string, string>;
}

/** An image of the archive that has been looked at, with all blobs that it is made of. */
interface Found {
  descriptor: Descriptor;
  id: Digest;
  names: readonly string[];
  blobs: readonly Digest[];
}

/**
 * Takes the images of an archive into the store: of `docker save` (`manifest.json`) or an OCI layout (`index.json`).
 * All of them, or nothing: what no image of the archive names stays out.
 */
export async function loadArchive(input: string, store: Store, signal: AbortSignal): Promise<LoadedImage[]> {
  const stream = input === '-' ? process.stdin : openArchive(input);
  const content = new StagedContent(store);
  try {
    const found = await findImages(await readMembers(stream as AsyncIterable<Buffer>, content, signal), content);
    const referenced = found.map(({ names }) => names.map((text) => formatReference(parseReference(text))));
    content.keep(found.flatMap(({ blobs }) => blobs));
    for (const [index, { descriptor }] of found.entries()) await name(descriptor, referenced[index] ?? [], store);
    return found.map(({ id }, index) => ({ id, references: referenced[index] ?? [] }));
  } finally {
    content.discard();
  }
}

async function findImages(members: Members, content: ContentStore): Promise<Found[]> {
  const docker = documentOf(members, 'manifest.json', content);
  if (docker !== undefined) return findDocker(docker, members, content);
  const index = documentOf(members, 'index.json', content);
  if (index !== undefined) return findInLayout(index, content);
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

async function readMembers(
  stream: AsyncIterable<Buffer>,
  content: ContentStore,
  signal: AbortSignal,
): Promise<Members> {
  const { entries, ...limits } = await unpackLimits();
  const members: Members = { blobs: new Map(), links: new Map() };
  for await (const { entry, body } of readTar(decompress(stream, limits), { entries })) {
    signal.throwIfAborted();
    const name = posix.normalize(entry.path);
    if (entry.type === 'file') members.blobs.set(name, await content.writeStream(body));
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

function documentOf(members: Members, name: string, content: ContentStore): unknown {
  const blob = members.blobs.get(name);
  if (blob === undefined) return undefined;
  try {
    return JSON.parse(content.readBytes(blob.digest, MAX_DOCUMENT).toString('utf8'));
  } catch (error) {
    if (error instanceof SyntaxError)
      throw new TsbuildError('INVALID', `${name} of the archive is not JSON`, { cause: error });
    throw error;
  }
}

async function findDocker(document: unknown, members: Members, content: ContentStore): Promise<Found[]> {
  if (!Array.isArray(document)) throw new TsbuildError('INVALID', 'manifest.json of the archive is not a list');
  const found: Found[] = [];
  for (const { Config, RepoTags, Layers } of document.map(dockerEntry)) {
    const configBlob = memberOf(members, Config);
    const config = parseImageConfig(content.readBytes(configBlob.digest, MAX_CONFIG_SIZE));
    const layers = await Promise.all(Layers.map((name) => layerOf(memberOf(members, name), content)));
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
    const { descriptor } = await writeManifest(configBlob, layers, content);
    const blobs = [descriptor, configBlob, ...layers].map(({ digest }) => digest);
    found.push({ descriptor, id: configBlob.digest, names: RepoTags, blobs });
  }
  return found;
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

async function layerOf(blob: BlobInfo, content: ContentStore): Promise<Descriptor> {
  for await (const chunk of content.read(blob.digest) as AsyncIterable<Buffer>) {
    const compression = detectCompression(chunk);
    const mediaType = compression === 'gzip' ? OCI_LAYER_GZIP : compression === 'zstd' ? OCI_LAYER_ZSTD : OCI_LAYER;
    return { mediaType, ...blob };
  }
  return { mediaType: OCI_LAYER, ...blob };
}

function findInLayout(document: unknown, content: ContentStore): Found[] {
  const index = parseIndex(JSON.stringify(document));
  return index.manifests.map((descriptor) => {
    const chosen = isWhole(descriptor, content) ? descriptor : platformManifest(descriptor, content);
    const { index: chosenIndex, manifests } = readContents(chosen, content);
    const contents = blobsOf({ manifests });
    for (const blob of [chosen, ...manifests.map((manifest) => manifest.descriptor), ...contents]) {
      requireBlob(blob, content);
    }
    for (const one of manifests) requireConsistent(one, content);
    const id = chosenIndex === undefined ? manifests[0]?.manifest.config.digest : undefined;
    const full = descriptor.annotations?.['io.containerd.image.name'];
    const { annotations: _, ...plain } = chosen;
    const blobs = [chosen, ...manifests.map((manifest) => manifest.descriptor), ...contents];
    return {
      descriptor: plain,
      id: id ?? chosen.digest,
      names: full === undefined ? [] : [full],
      blobs: blobs.map(({ digest }) => digest),
    };
  });
}

function requireBlob({ digest, size }: Descriptor, content: ContentStore): void {
  const found = content.size(digest);
  if (found === undefined) throw new TsbuildError('INVALID', `the archive lacks the blob ${digest}`);
  if (found === size) return;
  throw new TsbuildError(
    'INVALID',
    `the archive has ${found} bytes of the blob ${digest}, and says that it has ${size}`,
  );
}

/** What has the configuration of an image is one; an index may hold attestations and other things beside. */
function requireConsistent({ descriptor, manifest }: ManifestContents, content: ContentStore): void {
  const { config, layers } = manifest;
  if (!isConfigType(config.mediaType) || descriptor.platform?.os === 'unknown') return;
  requireLayerTypes(manifest);
  const { rootfs } = parseImageConfig(content.readBytes(config.digest, MAX_CONFIG_SIZE));
  if (rootfs.diff_ids.length === layers.length) return;
  throw new TsbuildError(
    'INVALID',
    `the archive's image ${config.digest} has ${layers.length} layers and ${rootfs.diff_ids.length} diffIDs`,
  );
}

/** Whether the archive holds all images of an index, and not just that of one platform. */
function isWhole({ mediaType, digest }: Descriptor, content: ContentStore): boolean {
  if (!isIndexType(mediaType) || !content.has(digest)) return false;
  const { manifests } = parseIndex(content.readBytes(digest, MAX_MANIFEST_SIZE), mediaType);
  return manifests.length > 0 && manifests.every((manifest) => content.has(manifest.digest));
}

function platformManifest(descriptor: Descriptor, content: ContentStore): Descriptor {
  if (!isIndexType(descriptor.mediaType)) return descriptor;
  const { manifests } = parseIndex(content.readBytes(descriptor.digest, MAX_MANIFEST_SIZE), descriptor.mediaType);
  const match = matchPlatform(hostPlatform(), manifests);
  if (match === undefined) throw new TsbuildError('NOT_FOUND', 'the archive holds no image for this platform');
  return match;
}

async function name(descriptor: Descriptor, references: readonly string[], store: Store): Promise<void> {
  if (references.length === 0) await store.images.add(descriptor);
  for (const reference of references) await store.images.tag(reference, descriptor);
}
