import { digestOfJson, hexOf, type Json } from '../../base/digest.ts';
import type { Attestation } from '../attestation.ts';
import { formatPackageUrl } from '../purl.ts';
import type { Distribution } from './distribution.ts';
import type { Found, Package } from './package.ts';

export interface SbomOptions {
  /** What the image is called, and for which platform it is. */
  name: string;
  platform: string;
  /** Milliseconds since the epoch. */
  created: number;
  /** Of this program. */
  version: string;
}

const NOTHING_SAID = 'NOASSERTION';
const IMAGE_ID = 'SPDXRef-Image';
/** More places than these of one package say nothing new. */
const MAX_SOURCES = 10;

/** A package with all places that it was found in. */
interface Listed extends Package {
  url: string;
  sources: string[];
}

/**
 * The packages of an image as an SPDX document (version 2.3). The same packages, name, platform and time give the same
 * bytes.
 */
export function sbomOf(found: Found & { distribution: Distribution }, options: SbomOptions): Attestation {
  const packages = listedPackages(found.packages);
  const content = {
    SPDXID: 'SPDXRef-DOCUMENT',
    spdxVersion: 'SPDX-2.3',
    dataLicense: 'CC0-1.0',
    name: options.name,
    creationInfo: {
      created: new Date(options.created).toISOString().replace(/\.\d{3}Z$/, 'Z'),
      creators: ['Organization: tsbuild', `Tool: tsbuild-${options.version}`],
    },
    ...(found.unread.length > 0 && { comment: `This list is not complete: ${found.unread.join('; ')}.` }),
    packages: [imagePackage(options, found.distribution), ...packages.map(spdxPackage)],
    relationships: [
      { spdxElementId: 'SPDXRef-DOCUMENT', relationshipType: 'DESCRIBES', relatedSpdxElement: IMAGE_ID },
      ...packages.map((listed) => ({
        spdxElementId: IMAGE_ID,
        relationshipType: 'CONTAINS',
        relatedSpdxElement: idOf(listed),
      })),
    ],
  };
  const documentNamespace = `https://spdx.org/spdxdocs/tsbuild-${hexOf(digestOfJson(content as unknown as Json))}`;
  const predicate = { ...content, documentNamespace } as unknown as Json;
  return { predicateType: 'https://spdx.dev/Document', predicate, fileName: 'sbom.spdx.json' };
}

function imagePackage({ name, platform }: SbomOptions, { name: distribution }: Distribution) {
  return {
    SPDXID: IMAGE_ID,
    name,
    downloadLocation: NOTHING_SAID,
    filesAnalyzed: false,
    primaryPackagePurpose: 'CONTAINER',
    licenseConcluded: NOTHING_SAID,
    licenseDeclared: NOTHING_SAID,
    copyrightText: NOTHING_SAID,
    comment: distribution === undefined ? `image for ${platform}` : `image for ${platform}, with ${distribution}`,
  };
}

/** Each package once, in the order of their URLs. */
function listedPackages(packages: readonly Package[]): Listed[] {
  const listed = new Map<string, Listed>();
  for (const one of packages) {
    const url = formatPackageUrl(one.purl);
    const known = listed.get(url);
    if (known === undefined) listed.set(url, { ...one, url, sources: [one.source] });
    else {
      known.sources.push(one.source);
      known.license ??= one.license;
    }
  }
  return [...listed.values()].sort((a, b) => (a.url < b.url ? -1 : 1));
}

function idOf({ purl, url }: Listed): string {
  const name = purl.name.replaceAll(/[^A-Za-z0-9.-]+/g, '-');
  return `SPDXRef-Package-${purl.type}-${name}-${hexOf(digestOfJson(url)).slice(0, 16)}`;
}

function spdxPackage(listed: Listed) {
  const { name, version, url, supplier, license } = listed;
  return {
    SPDXID: idOf(listed),
    name,
    versionInfo: version,
    supplier: supplier ? supplierOf(supplier) : NOTHING_SAID,
    downloadLocation: NOTHING_SAID,
    filesAnalyzed: false,
    sourceInfo: `installed, according to ${sourcesOf(listed)}`,
    licenseConcluded: NOTHING_SAID,
    licenseDeclared: NOTHING_SAID,
    ...(license && { licenseComments: `declared by the package as ${license}` }),
    copyrightText: NOTHING_SAID,
    externalRefs: [{ referenceCategory: 'PACKAGE-MANAGER', referenceType: 'purl', referenceLocator: url }],
  };
}

/** `Name <address>` is a person or an organization; which of them nobody says. */
function supplierOf(text: string): string {
  const [, name = text, address] = /^(.*?)\s*<([^>]*)>$/.exec(text) ?? [];
  return `Organization: ${name}${address === undefined ? '' : ` (${address})`}`;
}

function sourcesOf({ sources }: Listed): string {
  const sorted = [...new Set(sources)].sort();
  const shown = sorted.slice(0, MAX_SOURCES).join(', ');
  return sorted.length > MAX_SOURCES ? `${shown} and ${sorted.length - MAX_SOURCES} more` : shown;
}
