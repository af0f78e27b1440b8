import type { PackageUrl } from '../purl.ts';

/** A package that an image has, as its database says. */
export interface Package {
  name: string;
  version: string;
  purl: PackageUrl;
  /** The database or file that says so, from the root. */
  source: string;
  /** Who distributes it, as written there. */
  supplier?: string | undefined;
  /** The licence as the package declares it, which need not be an expression of SPDX. */
  license?: string | undefined;
}

/** What was found in a root, and what could not be read. */
export interface Found {
  packages: Package[];
  /** Sentences about databases that are there and were not read. */
  unread: string[];
}
