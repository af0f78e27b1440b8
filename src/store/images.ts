import type { Digest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import type { Descriptor } from '../oci/types.ts';
import type { ContentStore } from './content.ts';
import { FileLock } from './file-lock.ts';
import { digestsOfImage } from './image-digests.ts';
import { parseIndexText, readIndexFile, readIndexText, writeIndexFile } from './index-file.ts';
import type { StoreLayout } from './layout.ts';

/** The tag of an image in an OCI layout (image-spec, annotations.md), and the same for containerd's importer. */
const REF_NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

export interface StoredImage {
  /** The full normalised name, e.g. `docker.io/library/hello:latest`; undefined for an untagged image. */
  reference: string | undefined;
  /** Of its manifest, or of its index where it is for several platforms. */
  descriptor: Descriptor;
}

/**
 * The images of the store, which are the entries of the layout's `index.json`. Changes are made under a lock between
 * processes. An image that loses its only name stays, without one, until it is removed.
 */
export class ImageStore {
  readonly #layout: StoreLayout;
  readonly #content: ContentStore;
  /** The images that a text of the file has: it is parsed where it is another one than last time. */
  #listed: { text: string | undefined; images: readonly StoredImage[] } | undefined;

  constructor(layout: StoreLayout, content: ContentStore) {
    this.#layout = layout;
    this.#content = content;
  }

  list(): StoredImage[] {
    const text = readIndexText(this.#layout);
    if (this.#listed === undefined || this.#listed.text !== text) {
      this.#listed = { text, images: parseIndexText(text, this.#layout).manifests.map(imageOf) };
    }
    return [...this.#listed.images];
  }

  get(reference: string): Descriptor | undefined {
    return this.list().find((image) => image.reference === reference)?.descriptor;
  }

  /**
   * The images of which the digest of the manifest, of the configuration (the image ID) or of one platform's manifest
   * begins with these hexadecimal digits. An image with several names appears once for each.
   */
  findByDigestPrefix(hex: string): StoredImage[] {
    const prefix = `sha256:${hex}`;
    const matches = (digest: Digest): boolean => digest.startsWith(prefix);
    return this.list().filter(({ descriptor }) => digestsOfImage(this.#content, descriptor).some(matches));
  }

  /** Gives the image the name, which another image may lose. Costs one read where it has the name already. */
  async tag(reference: string, descriptor: Descriptor): Promise<void> {
    this.#requireBlob(descriptor);
    if (this.get(reference)?.digest === descriptor.digest) return;
    await this.#change((images) => {
      const rest = withoutName(images, reference).filter((image) => !isUntagged(image, descriptor.digest));
      return [...rest, { reference, descriptor }];
    });
  }

  /** Keeps an image without a name; where it is here already, with a name or without, nothing changes. */
  async add(descriptor: Descriptor): Promise<void> {
    this.#requireBlob(descriptor);
    const isHere = (images: readonly StoredImage[]): boolean =>
      images.some((image) => image.descriptor.digest === descriptor.digest);
    if (isHere(this.list())) return;
    await this.#change((images) => (isHere(images) ? images : [...images, { reference: undefined, descriptor }]));
  }

  /** Takes the name from its image and says which that was; undefined where no image has it. */
  async untag(reference: string): Promise<Descriptor | undefined> {
    let descriptor: Descriptor | undefined;
    await this.#change((images) => {
      descriptor = images.find((image) => image.reference === reference)?.descriptor;
      return withoutName(images, reference);
    });
    return descriptor;
  }

  /** Removes the image under all of its names, which are returned. Its blobs stay until prune. */
  async remove(digest: Digest): Promise<StoredImage[]> {
    let removed: StoredImage[] = [];
    await this.#change((images) => {
      removed = images.filter((image) => image.descriptor.digest === digest);
      return images.filter((image) => image.descriptor.digest !== digest);
    });
    return removed;
  }

  #requireBlob(descriptor: Descriptor): void {
    if (this.#content.has(descriptor.digest)) return;
    throw new TsbuildError('NOT_FOUND', `the manifest ${descriptor.digest} is not in the store`);
  }

  async #change(edit: (images: StoredImage[]) => StoredImage[]): Promise<void> {
    const lock = await FileLock.take({ path: this.#layout.indexLock, mode: 'exclusive' });
    try {
      const index = readIndexFile(this.#layout);
      writeIndexFile(this.#layout, { ...index, manifests: edit(index.manifests.map(imageOf)).map(entryOf) });
    } finally {
      lock.release();
    }
  }
}

function isUntagged(image: StoredImage, digest: Digest): boolean {
  return image.reference === undefined && image.descriptor.digest === digest;
}

function withoutName(images: readonly StoredImage[], reference: string): StoredImage[] {
  const loser = images.find((image) => image.reference === reference);
  const rest = images.filter((image) => image !== loser);
  if (loser === undefined || rest.some((image) => image.descriptor.digest === loser.descriptor.digest)) return rest;
  return [...rest, { ...loser, reference: undefined }];
}

/** The names are ours; the other annotations belong to the descriptor. */
function imageOf(entry: Descriptor): StoredImage {
  const { [REF_NAME]: name, [CONTAINERD_NAME]: containerdName, ...others } = entry.annotations ?? {};
  const { annotations: _, ...descriptor } = entry;
  const reference = containerdName ?? name;
  return {
    reference,
    descriptor: Object.keys(others).length > 0 ? { ...descriptor, annotations: others } : descriptor,
  };
}

function entryOf({ reference, descriptor }: StoredImage): Descriptor {
  if (reference === undefined) return descriptor;
  const annotations = { ...descriptor.annotations, [CONTAINERD_NAME]: reference, [REF_NAME]: reference };
  return { ...descriptor, annotations };
}
