import { familiarName, parseReference } from '../oci/reference.ts';

/** A full reference as users know it: `docker.io/library/hello:latest` is `hello:latest`. */
export function familiarTag(reference: string): string {
  return familiarName(parseReference(reference));
}
