import { hexOf, isDigest } from '../../base/digest.ts';
import type { DefinedVertex } from '../../graph/definitions.ts';
import { parseReference } from '../../oci/reference.ts';
import { formatPackageUrl, imagePackageUrl } from '../purl.ts';
import type { BaseImage, BuildFacts } from './facts.ts';

/** Something from outside that went into a build, with the digest that it had. */
export interface Dependency {
  uri: string;
  digest: Readonly<Record<string, string>>;
}

/** The images, repositories and downloads that the steps begin with, and where the context came from; sorted. */
export function dependenciesOf({ steps, images, context }: BuildFacts): Dependency[] {
  const found = [...(context === undefined ? [] : [context]), ...steps.flatMap((step) => dependencies(step, images))];
  const distinct = new Map(found.map((one) => [JSON.stringify(one), one]));
  return [...distinct.values()].sort((a, b) => (a.uri < b.uri ? -1 : 1));
}

function dependencies({ vertex, material }: DefinedVertex, images: BuildFacts['images']): Dependency[] {
  const { op } = vertex;
  switch (op.kind) {
    case 'image': {
      const known = isDigest(String(op.manifest)) ? images.get(op.manifest as BaseImage['digest']) : undefined;
      return (known ?? []).map((image) => ({ uri: imageUri(image), digest: { sha256: hexOf(image.digest) } }));
    }
    case 'git': {
      const { commit = '' } = material as { commit?: string };
      return [{ uri: gitUri(op), digest: commitDigest(commit) }];
    }
    case 'http': {
      const { digest = '' } = material as { digest?: string };
      return isDigest(digest) ? [{ uri: String(op.url), digest: { sha256: hexOf(digest) } }] : [];
    }
    default:
      return [];
  }
}

const LAYOUT = 'oci-layout://';

function imageUri({ reference, digest, platform }: BaseImage): string {
  if (!reference.startsWith(LAYOUT)) return imagePackageUrl(reference, platform);
  // Of the directory only its name: where it lies is this machine's business.
  const [, name = 'layout', tag] = /([^/:@]+)(?::([^/@]+))?(?:@[^/]*)?$/.exec(reference.slice(LAYOUT.length)) ?? [];
  return formatPackageUrl({ type: 'oci', name: name.toLowerCase(), version: digest, qualifiers: { platform, tag } });
}

/** As a build takes it: the repository with the branch or tag, and the directory in it. */
export function gitUri({ remote, ref, subdir }: Readonly<Record<string, unknown>>): string {
  const fragment = [ref ?? '', ...(subdir ? [subdir] : [])].map(String).join(':');
  return fragment === '' ? String(remote) : `${String(remote)}#${fragment}`;
}

/** Repositories name commits by SHA-1, or by SHA-256 in those of the newer form. */
export function commitDigest(commit: string): { sha1: string } | { sha256: string } {
  return commit.length === 64 ? { sha256: commit } : { sha1: commit };
}

/** The name and digest of an image as a step names it. */
export function pinnedName({ reference, digest }: BaseImage): string {
  if (reference.startsWith(LAYOUT)) return `${reference.replace(/@.*$/, '')}@${digest}`;
  const { domain, path, tag } = parseReference(reference);
  return `docker-image://${domain}/${path}${tag === undefined ? '' : `:${tag}`}@${digest}`;
}
