import { readFileSync } from 'node:fs';
import { type Digest, isDigest } from '../base/digest.ts';
import { isErrno, TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { ResolveImageRequest } from '../frontend/plan-types.ts';
import { hostPlatform } from '../oci/platform.ts';
import { familiarName, formatReference, parseReference, type Reference } from '../oci/reference.ts';
import { ImageSource } from '../ops/image-source.ts';
import { openStore } from '../store/open.ts';
import { checkBuild } from './check.ts';
import { isFetched } from './fetched-context.ts';
import { resolvedImage } from './resolved-image.ts';
import type { BuildTarget } from './target.ts';

const VERSION = 1;

/** Which image each name means: full names with a tag, and digests of indexes where the image has one. */
export type LockedImages = ReadonlyMap<string, Digest>;

export interface LockOptions {
  root: string;
  offline?: boolean | undefined;
  signal: AbortSignal;
}

/** Finds what every image that the build files of these targets name is now, for all of their platforms and stages. */
export async function lockImages(targets: readonly BuildTarget[], options: LockOptions): Promise<LockedImages> {
  const images = new ImageSource(await openStore(options.root), options);
  const locked = new Map<string, Digest>();
  try {
    for (const target of targets) await lockTarget(target, images, locked, options);
    return locked;
  } finally {
    await images.close();
  }
}

async function lockTarget(
  target: BuildTarget,
  images: ImageSource,
  locked: Map<string, Digest>,
  { root, signal }: LockOptions,
): Promise<void> {
  if (isFetched(target.context)) {
    throw new TsbuildError('UNSUPPORTED', 'the images of a context that is fetched are not locked', {
      hint: 'fetch it first, and give the directory',
    });
  }
  const { pull } = target;
  const resolveImage = async ({ name, platform }: ResolveImageRequest) => {
    const reference = parseReference(name);
    const meant = reference.digest && { digest: reference.digest, pull: false };
    const found = meant ?? (await images.independentDigest(reference, { pull, signal }));
    if (meant === undefined) locked.set(formatReference(reference), found.digest);
    const image = await images.resolve(pinned(reference, found.digest), { platform, pull: found.pull, signal });
    return resolvedImage(image);
  };
  const platforms = target.platforms?.length ? target.platforms : [hostPlatform()];
  for (const platform of platforms) {
    const { errors } = await checkBuild({
      ...target,
      target: undefined,
      root,
      signal,
      platforms: [platform],
      resolveImage,
    });
    if (errors.length > 0) throw new TsbuildErrors(errors);
  }
}

/** The text of a lock file: sorted, so that it changes only where an image does. */
export function formatLock(images: LockedImages): string {
  const sorted = [...images].sort(([a], [b]) => (a < b ? -1 : 1));
  return `${JSON.stringify({ version: VERSION, images: Object.fromEntries(sorted) }, null, 2)}\n`;
}

/** Reads a lock file. NOT_FOUND and INVALID say what to do. */
export function readLock(path: string): LockedImages {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (cause) {
    if (!isErrno(cause, 'ENOENT')) throw cause;
    throw new TsbuildError('NOT_FOUND', `there is no ${path}`, { cause, hint: '`tsbuild lock` writes it' });
  }
  return parseLock(text, path);
}

/** @param path for the error */
export function parseLock(text: string, path: string): LockedImages {
  const hint = '`tsbuild lock` writes it anew';
  try {
    const { version, images } = JSON.parse(text) as { version: unknown; images: Record<string, unknown> };
    const entries = Object.entries(images);
    const isValid =
      version === VERSION && entries.every(([, digest]) => typeof digest === 'string' && isDigest(digest));
    if (isValid) return new Map(entries as [string, Digest][]);
  } catch (cause) {
    if (!(cause instanceof SyntaxError || cause instanceof TypeError)) throw cause;
  }
  throw new TsbuildError('INVALID', `${path} is no lock file of version ${VERSION}`, { hint });
}

/** The name with the digest that a lock file has for it. NOT_FOUND where it has none. */
export function lockedName(name: string, images: LockedImages): string {
  const reference = parseReference(name);
  if (reference.digest !== undefined) return name;
  const digest = images.get(formatReference(reference));
  if (digest !== undefined) return pinned(reference, digest);
  const { domain, path } = reference;
  const others = [...images.keys()].filter((known) => {
    const other = parseReference(known);
    return other.domain === domain && other.path === path;
  });
  const has =
    others.length > 0 ? `; it has ${others.map((other) => familiarName(parseReference(other))).join(', ')}` : '';
  throw new TsbuildError('NOT_FOUND', `the lock file has no image ${familiarName(reference)}${has}`, {
    hint: '`tsbuild lock` writes it anew',
  });
}

function pinned(reference: Reference, digest: Digest): string {
  return formatReference({ ...reference, digest });
}
