import { TsbuildError } from '../base/error.ts';
import { isIndexType } from '../oci/media-types.ts';
import { hostPlatform } from '../oci/platform.ts';
import { familiarName, parseReference, repositoryName } from '../oci/reference.ts';
import type { Image, ImageSource } from '../ops/image-source.ts';
import type { StoredImage } from '../store/images.ts';
import type { Store } from '../store/open.ts';
import { tagName } from './build-options.ts';
import { withStore } from './open.ts';
import type { GlobalArguments } from './options.ts';
import { ago, shortId, size, table } from './table.ts';

type Listing = GlobalArguments & { json?: boolean | undefined };

export async function listImages(argv: Listing & { quiet?: boolean | undefined }): Promise<number> {
  return withStore(argv, async (store, images) => {
    const rows = await Promise.all(store.images.list().map((stored) => rowOf(stored, images)));
    rows.sort((a, b) => (b.created ?? '').localeCompare(a.created ?? '') || (a.name ?? '').localeCompare(b.name ?? ''));
    if (argv.json) print(JSON.stringify(rows));
    else if (argv.quiet) print([...new Set(rows.map((row) => row.id))].join('\n'));
    else process.stdout.write(imageTable(rows));
    return 0;
  });
}

interface ImageRow {
  /** Full name; null for an image without one. */
  name: string | null;
  id: string;
  digest: string;
  created: string | undefined;
  /** Bytes of its layers as they are stored. */
  size: number;
}

async function rowOf(stored: StoredImage, images: ImageSource): Promise<ImageRow> {
  const { manifest, config } = await images.readEntry(stored, hostPlatform());
  return {
    name: stored.reference ?? null,
    id: isIndexType(stored.descriptor.mediaType) ? stored.descriptor.digest : manifest.config.digest,
    digest: stored.descriptor.digest,
    created: config.created,
    size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
  };
}

function imageTable(rows: readonly ImageRow[]): string {
  return table(
    ['REPOSITORY', 'TAG', 'IMAGE ID', 'CREATED', 'SIZE'],
    rows.map((row) => [...splitName(row.name), shortId(row.id), ago(row.created), size(row.size)]),
  );
}

function splitName(name: string | null): [string, string] {
  if (name === null) return ['<none>', '<none>'];
  const { tag, ...reference } = parseReference(name);
  return [familiarName({ ...reference, digest: undefined }), tag ?? '<none>'];
}

/** An image with the fields that docker's `inspect` gives, as far as they mean something here. */
export async function inspectImage(name: string, store: Store, images: ImageSource) {
  const image = { ...(await images.stored(name, hostPlatform())), descriptor: images.find(name).descriptor };
  const names = store.images
    .list()
    .filter(({ descriptor }) => descriptor.digest === image.descriptor.digest)
    .flatMap(({ reference }) => reference ?? []);
  return inspection(image, names);
}

function inspection({ descriptor, manifest, config }: Image, names: readonly string[]) {
  const references = names.map(parseReference);
  return {
    Id: isIndexType(descriptor.mediaType) ? descriptor.digest : manifest.config.digest,
    RepoTags: references.map(familiarName),
    RepoDigests: references.map((reference) => `${repositoryName(reference)}@${descriptor.digest}`),
    Created: config.created,
    Author: config.author,
    Architecture: config.architecture,
    Variant: config.variant,
    Os: config.os,
    Size: manifest.layers.reduce((sum, layer) => sum + layer.size, 0),
    Config: config.config ?? {},
    RootFS: { Type: config.rootfs.type, Layers: config.rootfs.diff_ids },
    Descriptor: descriptor,
  };
}

export async function showHistory(argv: Listing & { image: string; noTrunc?: boolean | undefined }): Promise<number> {
  return withStore(argv, async (_, images) => {
    const { manifest, config } = await images.stored(argv.image, hostPlatform());
    let layer = 0;
    const entries = (config.history ?? []).map((entry) => ({
      ...entry,
      size: entry.empty_layer === true ? 0 : (manifest.layers[layer++]?.size ?? 0),
    }));
    entries.reverse();
    if (argv.json) print(JSON.stringify(entries));
    else {
      const text = (createdBy: string) => (argv.noTrunc ? createdBy : shorten(createdBy));
      const rows = entries.map((entry) => [
        ago(entry.created),
        text(entry.created_by ?? ''),
        size(entry.size),
        entry.comment ?? '',
      ]);
      process.stdout.write(table(['CREATED', 'CREATED BY', 'SIZE', 'COMMENT'], rows));
    }
    return 0;
  });
}

const CREATED_BY_WIDTH = 60;

function shorten(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ');
  return line.length > CREATED_BY_WIDTH ? `${line.slice(0, CREATED_BY_WIDTH - 1)}…` : line;
}

export async function tagImage(argv: GlobalArguments & { source: string; target: string }): Promise<number> {
  return withStore(argv, async (store, images) => {
    // A prune under way may be about to delete what has no name yet.
    const session = await store.sessions.open();
    try {
      await store.images.tag(tagName(argv.target), images.find(argv.source).descriptor);
    } finally {
      await session.close();
    }
    return 0;
  });
}

/** A name loses its image; an ID is removed with all of its names, if it has but one. */
export async function removeImages(argv: GlobalArguments & { image: string[] }): Promise<number> {
  return withStore(argv, async (store, images) => {
    for (const name of argv.image) {
      const { descriptor } = images.find(name);
      const names = store.images.list().filter((image) => image.descriptor.digest === descriptor.digest);
      const own = namedBy(name, names);
      if (own === undefined && names.length > 1) {
        throw new TsbuildError(
          'CONFLICT',
          `${name} has several names: ${names.map((image) => image.reference).join(', ')}`,
          {
            hint: 'remove it by its names',
          },
        );
      }
      if (names.length === 1) await requireUnused(store, images, name);
      if (own?.reference !== undefined) {
        await store.images.untag(own.reference);
        print(`untagged: ${familiarName(parseReference(own.reference))}`);
      }
      if (names.length === 1) {
        await store.images.remove(descriptor.digest);
        print(`deleted: ${descriptor.digest}`);
      }
    }
    return 0;
  });
}

/** An image that has no other name stays while a container is made of it. */
async function requireUnused({ containers }: Store, images: ImageSource, name: string): Promise<void> {
  const { manifest } = await images.stored(name, hostPlatform());
  const user = containers.list().find(({ image }) => image.id === manifest.config.digest);
  if (user === undefined) return;
  throw new TsbuildError('CONFLICT', `the container ${user.name} is made of ${name}`, {
    hint: `remove it first: tsbuild rm ${user.name}`,
  });
}

/** A name may look like the beginning of an ID. */
function namedBy(name: string, images: readonly StoredImage[]): StoredImage | undefined {
  const isId = /^(sha256:)?[0-9a-f]{6,64}$/.test(name);
  const full = /^(sha256:|[0-9a-f]{64}$)/.test(name) ? undefined : tagName(name);
  const named = images.find((image) => full !== undefined && image.reference === full);
  return named ?? (isId && images.length === 1 ? images[0] : undefined);
}

function print(text: string): void {
  if (text !== '') process.stdout.write(`${text}\n`);
}
