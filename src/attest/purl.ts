import { familiarName, parseReference } from '../oci/reference.ts';

/** What a package URL is made of (ECMA-427). `namespace` may have several parts. */
export interface PackageUrl {
  type: string;
  namespace?: string | undefined;
  name: string;
  version?: string | undefined;
  qualifiers?: Readonly<Record<string, string | undefined>> | undefined;
}

export function formatPackageUrl({ type, namespace, name, version, qualifiers = {} }: PackageUrl): string {
  const path = [...(namespace?.split('/') ?? []), name].filter((part) => part !== '').map(encoded);
  const pairs = Object.entries(qualifiers)
    .filter((pair): pair is [string, string] => pair[1] !== undefined && pair[1] !== '')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, value]) => `${key}=${encoded(value)}`);
  const at = version === undefined || version === '' ? '' : `@${encoded(version)}`;
  return `pkg:${type}/${path.join('/')}${at}${pairs.length === 0 ? '' : `?${pairs.join('&')}`}`;
}

/** A colon stays as it is, and of the marks that a URI may have only the four that need no encoding anywhere. */
function encoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()*]/g, (mark) => `%${mark.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%3A', ':');
}

/** An image by its name, as the reference builder calls it: the short name, its tag as the version, and the platform. */
export function imagePackageUrl(name: string, platform: string): string {
  const { tag, digest, ...reference } = parseReference(name);
  const repository = familiarName({ ...reference, tag: undefined, digest: undefined });
  const slash = repository.lastIndexOf('/');
  return formatPackageUrl({
    type: 'docker',
    namespace: slash < 0 ? undefined : repository.slice(0, slash),
    name: repository.slice(slash + 1),
    version: tag ?? digest,
    qualifiers: { platform, digest: tag === undefined ? undefined : digest },
  });
}
