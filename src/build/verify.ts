import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../base/error.ts';
import type { Exported, ExportedImage } from '../export/image.ts';
import { type ImageDifference, imageDifference, type ReadableImage } from '../export/image-difference.ts';
import { formatPlatform, hostPlatform } from '../oci/platform.ts';
import { ImageSource } from '../ops/image-source.ts';
import { unpackLimits } from '../ops/unpack-limits.ts';
import { openStore, type Store } from '../store/open.ts';
import { takeImages } from '../store/take-images.ts';
import { decompress } from '../tar/decompress.ts';
import { type BuildOptions, build } from './build.ts';
import { internalStep } from './internal-step.ts';

export interface Verified {
  /** Of the manifest, or of the index of several platforms; the first build's where they differ. */
  digest: string;
  difference?: (ImageDifference & { platform: string }) | undefined;
}

export interface VerifyOptions extends BuildOptions {
  /** An image that a build ought to give again; without one, two builds are compared. */
  image?: string | undefined;
}

/** What the second build has otherwise: nothing of it may be seen in an image. */
const OTHER_UMASK = 0o077;
const OTHER_ZONE = 'Asia/Kathmandu';
/** Steps that tell seconds tell others then. */
const PAUSE = 1100;

/**
 * Builds in empty stores, which have nothing but the images of the real one, and compares: two builds with another
 * umask, time zone, number of jobs and second of the clock, or one with an image that exists.
 */
export async function verify(options: VerifyOptions): Promise<Verified> {
  const store = await openStore(options.root);
  const session = await store.sessions.open();
  try {
    const given = options.image === undefined ? undefined : await existing(options.image, store, options);
    const rebuilt = await buildIn(join(session.directory, 'first'), store, options);
    if (given !== undefined) return await compare(given, rebuilt);
    await sleep(PAUSE, undefined, { signal: options.signal });
    const again = await elsewhere(() => buildIn(join(session.directory, 'second'), store, { ...options, jobs: 1 }));
    return await compare(rebuilt, again);
  } finally {
    await session.close();
  }
}

interface Compared {
  digest: string;
  images: readonly (ReadableImage & { platform: string })[];
}

async function compare(one: Compared, other: Compared): Promise<Verified> {
  for (const [index, image] of one.images.entries()) {
    const there = other.images[index];
    if (there === undefined) break;
    const difference = await imageDifference(image, there);
    if (difference !== undefined)
      return { digest: one.digest, difference: { ...difference, platform: image.platform } };
  }
  return { digest: one.digest };
}

async function elsewhere<T>(work: () => Promise<T>): Promise<T> {
  const { TZ } = process.env;
  const umask = process.umask(OTHER_UMASK);
  process.env.TZ = OTHER_ZONE;
  try {
    return await work();
  } finally {
    process.umask(umask);
    if (TZ === undefined) delete process.env.TZ;
    else process.env.TZ = TZ;
  }
}

async function buildIn(root: string, from: Store, options: BuildOptions): Promise<Compared> {
  const store = await openStore(root);
  takeImages(from, store);
  const outputs = [{ type: 'image', names: [], push: false }] as const;
  const { image } = await build({ ...options, root, outputs, tags: [], cacheFrom: [], cacheTo: [] });
  const { descriptor, images } = image as Exported;
  return { digest: descriptor.digest, images: images.map((one) => readable(one, store, options)) };
}

function readable(image: ExportedImage, store: Store, { signal, emit }: BuildOptions): Compared['images'][number] {
  const images = new ImageSource(store);
  return {
    ...image,
    platform: formatPlatform(image.config),
    read: async (layer) => {
      const blob = await internalStep(emit, `reading layer ${layer.digest}`, (progress) =>
        images.openBlob(layer, progress, signal),
      );
      return decompress(blob, await unpackLimits());
    },
  };
}

/** The image of the platform that is built for: of the store, or else of its registry. */
async function existing(name: string, store: Store, options: VerifyOptions): Promise<Compared> {
  const { platforms = [], signal, emit } = options;
  if (platforms.length > 1) {
    throw new TsbuildError('USAGE', 'an image is compared for one platform', { hint: 'choose one with --platform' });
  }
  const images = new ImageSource(store, options);
  const platform = platforms[0] ?? hostPlatform();
  const found = await internalStep(emit, `load metadata for ${name}`, () => images.resolve(name, { platform, signal }));
  return { digest: found.descriptor.digest, images: [readable(found, store, options)] };
}
