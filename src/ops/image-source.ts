import type { Readable } from 'node:stream';
import { type Digest, hexOf } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { MAX_CONFIG_SIZE, parseImageConfig } from '../oci/config.ts';
import { MAX_MANIFEST_SIZE, mediaTypeOf, parseIndex, parseManifest, requireLayerTypes } from '../oci/manifest.ts';
import { isIndexType } from '../oci/media-types.ts';
import { formatPlatform, matchPlatform, runsOn } from '../oci/platform.ts';
import { familiarName, formatReference, parseReference, type Reference } from '../oci/reference.ts';
import type { Descriptor, ImageConfig, Manifest, Platform } from '../oci/types.ts';
import type { RegistryClient } from '../registry/index.ts';
import { digestsOfImage } from '../store/image-digests.ts';
import type { StoredImage } from '../store/images.ts';
import type { Store } from '../store/open.ts';
import type { LayerProgress } from './base-layers.ts';
import { openLayoutBlob, readLayoutBlob } from './layout-files.ts';

/** An image of one platform: its manifest and configuration, read and checked. Its layers may be elsewhere. */
export interface Image {
  /** The full name under which it was asked for. */
  reference: string;
  /** What the name leads to: an index, where there is one. */
  found: Digest;
  descriptor: Descriptor;
  manifest: Manifest;
  config: ImageConfig;
}

export interface ResolveOptions {
  platform: Platform;
  /** Ask the registry even where an image of this name is here. */
  pull?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

interface ReadOptions extends ResolveOptions {
  /** Where an index has nothing for the platform, the first of its images that is here will do. */
  anyPlatform?: boolean | undefined;
  /** The OCI layout that has what is not here, in the place of a registry. */
  layout?: string | undefined;
}

/** Indexes in an index that are looked into. */
const MAX_NESTED = 3;

/** An image ID or the beginning of one. */
const ID = /^(?:sha256:)?([0-9a-f]{6,64})$/;

/** Images by name: from the store, else from the registry that the name leads to. */
export class ImageSource {
  readonly #store: Store;
  readonly #fetching = new Map<Digest, Promise<void>>();
  /** Blobs that no source gave. */
  readonly unavailable = new Set<Digest>();
  #client: Promise<RegistryClient> | undefined;

  readonly #offline: boolean;

  /** With `offline` no registry is asked: NETWORK where one would have to be. */
  constructor(store: Store, options: { offline?: boolean | undefined } = {}) {
    this.#store = store;
    this.#offline = options.offline === true;
  }

  /** The HTTP client is loaded when the first registry is asked. */
  async registry(): Promise<RegistryClient> {
    if (this.#offline) throw new TsbuildError('NETWORK', 'no registry is asked with --offline');
    this.#client ??= import('../registry/index.ts').then(({ RegistryClient }) => new RegistryClient());
    return this.#client;
  }

  async close(): Promise<void> {
    // One that could not be made has been heard of by whoever asked for it.
    await (await this.#client?.catch(() => undefined))?.close();
  }

  /** Finds an image; from a registry come only its manifest and configuration. */
  async resolve(name: string, options: ResolveOptions): Promise<Image> {
    const reference = parseReference(name);
    const local = options.pull ? undefined : this.#local(reference);
    return local === undefined ? this.#remote(reference, options) : this.#localOrRemote(reference, local, options);
  }

  /** The image of this name that is here may be for another platform, and the registry's for the one that is asked for. */
  async #localOrRemote(reference: Reference, local: Descriptor, options: ResolveOptions): Promise<Image> {
    const image = await this.#read(reference, local, { ...options, anyPlatform: true });
    if (runsOn(options.platform, image.config)) return image;
    return this.#remote(reference, options).catch((error: unknown) => {
      if (!(error instanceof TsbuildError) || !UNREACHED.has(error.code)) throw error;
      throw noPlatform(reference, options.platform, [{ ...local, platform: image.config }], error);
    });
  }

  /** An image of an OCI layout, of which only the manifest and configuration are taken into the store now. */
  async resolveInLayout(layout: string, descriptor: Descriptor, options: ResolveOptions): Promise<Image> {
    const reference = referenceOf(undefined, descriptor);
    const image = await this.#read(reference, descriptor, { ...options, layout });
    const { content, sources } = this.#store;
    for (const { digest } of image.manifest.layers) if (!content.has(digest)) sources.remember(digest, { layout });
    return image;
  }

  /**
   * The digest that a tag means on every platform: of the index, where there is one. An image that is here is what a
   * build would take; where it is one of an index that the registry has under the name now, the index counts. `pull`
   * says that it is the registry's word.
   */
  async independentDigest(
    reference: Reference,
    { pull, signal }: Omit<ResolveOptions, 'platform'>,
  ): Promise<{ digest: Digest; pull: boolean }> {
    const local = pull ? undefined : this.#local(reference);
    if (local !== undefined && (this.#offline || isIndexType(local.mediaType)))
      return { digest: local.digest, pull: false };
    try {
      const { bytes, descriptor } = await (await this.registry())
        .repository(reference)
        .fetchManifest(reference.tag ?? 'latest', signal);
      const isOfIndex = () =>
        parseIndex(bytes, descriptor.mediaType).manifests.some(({ digest }) => digest === local?.digest);
      if (local !== undefined && !(isIndexType(descriptor.mediaType) && isOfIndex()))
        return { digest: local.digest, pull: false };
      await this.#store.content.writeBytes(bytes, { digest: descriptor.digest });
      return { digest: descriptor.digest, pull: true };
    } catch (error) {
      const isUnreached = error instanceof TsbuildError && UNREACHED.has(error.code);
      if (local === undefined || !isUnreached) throw unreachable(reference, error);
      return { digest: local.digest, pull: false };
    }
  }

  /** As `resolve`, for a person who may also give the beginning of an ID. */
  async resolveNameOrId(name: string, options: ResolveOptions): Promise<Image> {
    const hex = ID.exec(name)?.[1];
    const byId = options.pull || hex === undefined ? undefined : this.#byId(hex);
    if (byId === undefined) return this.resolve(name, options);
    const { reference, descriptor } = this.find(name);
    return this.#read(reference, descriptor, options);
  }

  /**
   * An image that is in the store, by name, digest or the beginning of its ID: of an index that of the platform, else
   * the first one. NOT_FOUND with a hint where there is none.
   */
  async stored(name: string, platform: Platform): Promise<Image> {
    const found = this.find(name);
    return this.#read(found.reference, found.descriptor, { platform, anyPlatform: true });
  }

  /** What an entry of the index means: for whoever lists them all, and need not look each one up. */
  readEntry({ reference, descriptor }: StoredImage, platform: Platform): Promise<Image> {
    return this.#read(referenceOf(reference, descriptor), descriptor, { platform, anyPlatform: true });
  }

  /** The entry of the index that a name or the beginning of an ID means. */
  find(name: string): { reference: Reference; descriptor: Descriptor } {
    const hex = ID.exec(name)?.[1];
    const first = hex === undefined ? undefined : this.#byId(hex);
    if (first !== undefined) {
      return { reference: referenceOf(first.reference, first.descriptor), descriptor: first.descriptor };
    }
    const reference = parseReference(name);
    const descriptor = this.#local(reference);
    if (descriptor === undefined) throw notHere(reference);
    return { reference, descriptor };
  }

  /** Manifests that differ in nothing but how the layers are compressed are one image: any of them will do. */
  #byId(hex: string): StoredImage | undefined {
    const { images, content } = this.#store;
    const found = images.findByDigestPrefix(hex);
    const digests = found.flatMap(({ descriptor }) => digestsOfImage(content, descriptor));
    const meant = new Set(digests.filter((digest) => hexOf(digest).startsWith(hex)));
    if (meant.size <= 1) return found[0];
    throw new TsbuildError('INVALID', `${hex} is the beginning of several images' IDs`, { hint: 'give more digits' });
  }

  /** The content of a blob, fetched into the store first where it is not there. */
  async openBlob(descriptor: Descriptor, progress: LayerProgress, signal?: AbortSignal): Promise<Readable> {
    await this.ensureBlob(descriptor, progress, signal);
    return this.#store.content.read(descriptor.digest);
  }

  /** Who asks for a blob that is on its way waits for it. */
  async ensureBlob(descriptor: Descriptor, progress: LayerProgress, signal?: AbortSignal): Promise<void> {
    const { digest } = descriptor;
    if (this.#store.content.has(digest)) return;
    const fetching = this.#fetching.get(digest) ?? this.#fetchFromSources(descriptor, progress, signal);
    this.#fetching.set(digest, fetching);
    await fetching.finally(() => this.#fetching.delete(digest));
  }

  async #fetchFromSources(descriptor: Descriptor, progress: LayerProgress, signal?: AbortSignal): Promise<void> {
    const { sources } = this.#store;
    let failure: unknown = new TsbuildError(
      'NOT_FOUND',
      `blob ${descriptor.digest} is not in the store, and no registry is known to have it`,
      {
        hint: 'pull the image it belongs to again',
      },
    );
    for (const source of sources.sourcesOf(descriptor.digest)) {
      signal?.throwIfAborted();
      try {
        if ('layout' in source) await this.#copy(descriptor, source.layout);
        else await this.#fetch(descriptor, parseReference(source.reference), progress, signal);
        return;
      } catch (error) {
        if (signal?.aborted) throw error;
        failure = error;
      }
    }
    this.unavailable.add(descriptor.digest);
    throw failure;
  }

  async #fetch(descriptor: Descriptor, from: Reference, progress: LayerProgress, signal?: AbortSignal): Promise<void> {
    const id = descriptor.digest.slice('sha256:'.length, 'sha256:'.length + 12);
    const repository = (await this.registry()).repository(from);
    const { digest, size } = descriptor;
    const write = async (stream: Readable) => {
      await this.#store.content.writeVerified(stream, { digest, size });
    };
    await repository.download(descriptor, write, {
      signal,
      onProgress: (_: string, current: number, total: number) => progress(id, 'downloading', current, total),
    });
  }

  async #copy({ digest, size }: Descriptor, layout: string): Promise<void> {
    await this.#store.content.writeStream(openLayoutBlob(layout, digest), { digest, size });
  }

  #local(reference: Reference): Descriptor | undefined {
    const { images, content } = this.#store;
    const named = images.get(formatReference(reference));
    if (named !== undefined || reference.digest === undefined) return named;
    if (!content.has(reference.digest)) return undefined;
    const known = images.list().find(({ descriptor }) => descriptor.digest === reference.digest);
    if (known !== undefined) return known.descriptor;
    const bytes = content.readBytes(reference.digest, MAX_MANIFEST_SIZE);
    return { mediaType: mediaTypeOf(bytes), digest: reference.digest, size: bytes.length };
  }

  async #remote(reference: Reference, options: ResolveOptions): Promise<Image> {
    const target = reference.digest ?? reference.tag ?? 'latest';
    const resolving = this.registry().then((client) => client.repository(reference).resolve(target, options.signal));
    const descriptor = await resolving.catch((error: unknown) => {
      throw unreachable(reference, error);
    });
    const image = await this.#read(reference, descriptor, options);
    this.#store.sources.remember(descriptor.digest, { reference: formatReference(reference) });
    for (const layer of image.manifest.layers) this.#rememberSource(layer.digest, reference);
    return image;
  }

  /**
   * Reads down to the manifest and configuration of one platform, fetching what is missing. What was fetched is stored
   * when all of it has proved to be an image.
   */
  async #read(reference: Reference, descriptor: Descriptor, options: ReadOptions): Promise<Image> {
    const fetched = new Map<Digest, Buffer>();
    const image = await this.#readWith(fetched, reference, descriptor, options);
    for (const [digest, bytes] of fetched) await this.#store.content.writeBytes(bytes, { digest });
    return image;
  }

  async #readWith(
    fetched: Map<Digest, Buffer>,
    reference: Reference,
    descriptor: Descriptor,
    options: ReadOptions,
    depth = 0,
  ): Promise<Image> {
    const read = async (document: Descriptor, limit: number): Promise<Buffer> => {
      if (this.#store.content.has(document.digest)) return this.#store.content.readBytes(document.digest, limit);
      const bytes = await this.#fetchDocument(reference, document, limit, options);
      fetched.set(document.digest, bytes);
      return bytes;
    };
    const bytes = await read(descriptor, MAX_MANIFEST_SIZE);
    if (isIndexType(descriptor.mediaType)) {
      const { manifests } = parseIndex(bytes, descriptor.mediaType);
      const isHere = ({ digest, platform }: Descriptor) =>
        platform?.os !== 'unknown' && this.#store.content.has(digest);
      const first = () => manifests.find(isHere);
      const match = matchPlatform(options.platform, manifests) ?? (options.anyPlatform ? first() : undefined);
      if (match === undefined) throw noPlatform(reference, options.platform, manifests);
      if (depth === MAX_NESTED) {
        throw new TsbuildError('INVALID', `image ${familiarName(reference)} is an index of an index of an index …`);
      }
      const image = await this.#readWith(fetched, reference, match, options, depth + 1);
      return { ...image, found: descriptor.digest };
    }
    const manifest = parseManifest(bytes, descriptor.mediaType);
    requireLayerTypes(manifest);
    const config = parseImageConfig(await read(manifest.config, MAX_CONFIG_SIZE));
    if (config.rootfs.diff_ids.length !== manifest.layers.length) {
      throw new TsbuildError(
        'INVALID',
        `image ${familiarName(reference)} has ${manifest.layers.length} layers and ${config.rootfs.diff_ids.length} diffIDs`,
      );
    }
    return { reference: formatReference(reference), found: descriptor.digest, descriptor, manifest, config };
  }

  async #fetchDocument(
    reference: Reference,
    descriptor: Descriptor,
    limit: number,
    { signal, layout }: ReadOptions,
  ): Promise<Buffer> {
    if (layout !== undefined) return readLayoutBlob(layout, descriptor, limit);
    const repository = (await this.registry()).repository(reference);
    const isManifest = limit === MAX_MANIFEST_SIZE;
    return isManifest
      ? (await repository.fetchManifest(descriptor.digest, signal)).bytes
      : await repository.fetchBytes(descriptor, limit, signal);
  }

  /** The registry that has just described the image. A name that was given here says nothing of any registry. */
  #rememberSource(digest: Digest, reference: Reference): void {
    const { content, sources } = this.#store;
    if (!content.has(digest)) sources.remember(digest, { reference: formatReference(reference) });
  }
}

/** Something to call an image by that has no name. */
function referenceOf(reference: string | undefined, { digest }: Descriptor): Reference {
  return parseReference(reference ?? `untagged@${digest}`);
}

function notHere(reference: Reference): TsbuildError {
  const name = familiarName(reference);
  return new TsbuildError('NOT_FOUND', `no image ${name} in the store`, {
    hint: `\`tsbuild images\` lists what is here; \`tsbuild pull ${name}\` fetches it`,
  });
}

/** Nobody can tell from the failure of a connection that the image was looked for here first. */
function unreachable(reference: Reference, error: unknown): unknown {
  if (!(error instanceof TsbuildError) || error.code !== 'NETWORK') return error;
  const name = familiarName(reference);
  return new TsbuildError('NETWORK', `image ${name} is not in the store, and ${error.message}`, {
    cause: error,
    hint: `check the name; \`tsbuild images\` lists what is here, \`tsbuild load\` and \`tsbuild import\` bring in what another way has fetched`,
  });
}

/** Why a registry could not be asked, or does not know the image. */
const UNREACHED: ReadonlySet<string> = new Set(['NETWORK', 'NOT_FOUND', 'DENIED']);

/** @param manifests what there is; attestations, which are for no platform, do not count */
function noPlatform(
  reference: Reference,
  wanted: Platform,
  manifests: readonly Descriptor[],
  cause?: TsbuildError,
): TsbuildError {
  const offered = manifests.flatMap(({ platform }) =>
    platform === undefined || platform.os === 'unknown' ? [] : [formatPlatform(platform)],
  );
  return new TsbuildError('NOT_FOUND', `image ${familiarName(reference)} is not made for ${formatPlatform(wanted)}`, {
    hint: `it is made for: ${[...new Set(offered)].join(', ')}`,
    cause,
  });
}
