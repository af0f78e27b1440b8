import { type Digest, isDigest } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';

/** A normalised image name: the domain and path are always there, and a tag or a digest or both. */
export interface Reference {
  /** Host and optional port, e.g. `docker.io`, `localhost:5000`, `[::1]:5000`. */
  domain: string;
  /** Repository below the domain, e.g. `library/ubuntu`. */
  path: string;
  tag?: string | undefined;
  digest?: Digest | undefined;
}

const DEFAULT_DOMAIN = 'docker.io';
const LEGACY_DEFAULT_DOMAIN = 'index.docker.io';
const OFFICIAL_PREFIX = 'library/';
const DEFAULT_TAG = 'latest';
/** Longest repository path, as in Docker's reference grammar (the tag's 128 are in its pattern). */
const MAX_PATH = 255;

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?';
const DOMAIN = new RegExp(`^(?:${LABEL}(?:\\.${LABEL})*|\\[[a-fA-F0-9:]+\\])(?::[0-9]{1,5})?$`);
const COMPONENT = /^[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*$/;
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const HEX64 = /^[a-f0-9]{64}$/;
/** Longest host name of the DNS with brackets and a port: bounds what the patterns are run on. */
const MAX_DOMAIN = 262;

/**
 * Reads an image name as users write it and completes it as Docker does: `ubuntu` means
 * `docker.io/library/ubuntu:latest`. A name with a digest gets no default tag.
 * Follows the grammar of the distribution project's `reference` package.
 */
export function parseReference(text: string): Reference {
  const { name, tag, digest } = split(text);
  const { domain, path } = splitDomain(name);
  if (HEX64.test(name)) throw invalid(text, 'a name of 64 hexadecimal digits would be taken for an image ID');
  const lower = path.toLowerCase();
  if (lower !== path && isPath(lower)) {
    const hint = `write it as ${JSON.stringify(text.replace(name, name.toLowerCase()))}`;
    throw invalid(text, 'the repository name must be lower case', hint);
  }
  if (path.length > MAX_PATH) throw invalid(text, `the repository name is longer than ${MAX_PATH} characters`);
  if (domain.length > MAX_DOMAIN || !DOMAIN.test(domain))
    throw invalid(text, `${JSON.stringify(domain)} is not a host name`);
  if (!isPath(path)) throw invalid(text, NAME_RULE);
  if (tag !== undefined && !TAG.test(tag)) throw invalid(text, TAG_RULE);
  if (digest !== undefined && !isDigest(digest))
    throw invalid(text, 'the digest is not sha256: and 64 lower-case hexadecimal digits');
  return { domain, path, tag: tag ?? (digest === undefined ? DEFAULT_TAG : undefined), digest };
}

function isPath(path: string): boolean {
  return path.split('/').every((component) => COMPONENT.test(component));
}

const NAME_RULE =
  'a repository name is lower-case letters and digits, joined by single ".", "_" or "-", in parts split by "/"';
const TAG_RULE = 'a tag is up to 128 letters, digits, "_", "." or "-", and does not begin with "." or "-"';

/** The full name: `docker.io/library/ubuntu:latest`. */
export function formatReference(reference: Reference): string {
  return repositoryName(reference) + suffix(reference.tag, reference.digest);
}

/** The short name that users write: `ubuntu:latest`. */
export function familiarName(reference: Reference): string {
  return familiarRepository(reference) + suffix(reference.tag, reference.digest);
}

/** The full name without tag and digest: `docker.io/library/ubuntu`. */
export function repositoryName(reference: Reference): string {
  return `${reference.domain}/${reference.path}`;
}

/** The same repository, pinned to one content; the tag stays for the reader. */
export function withDigest(reference: Reference, digest: Digest): Reference {
  return { ...reference, digest };
}

function familiarRepository(reference: Reference): string {
  if (reference.domain !== DEFAULT_DOMAIN) return repositoryName(reference);
  const rest = reference.path.slice(OFFICIAL_PREFIX.length);
  return reference.path.startsWith(OFFICIAL_PREFIX) && !rest.includes('/') ? rest : reference.path;
}

function suffix(tag: string | undefined, digest: Digest | undefined): string {
  return (tag === undefined ? '' : `:${tag}`) + (digest === undefined ? '' : `@${digest}`);
}

/** Cuts `name[:tag][@digest]`: a colon belongs to the tag only after the last slash. */
function split(text: string): { name: string; tag: string | undefined; digest: string | undefined } {
  const at = text.indexOf('@');
  const digest = at === -1 ? undefined : text.slice(at + 1);
  const rest = at === -1 ? text : text.slice(0, at);
  const colon = rest.indexOf(':', rest.lastIndexOf('/') + 1);
  return colon === -1
    ? { name: rest, tag: undefined, digest }
    : { name: rest.slice(0, colon), tag: rest.slice(colon + 1), digest };
}

/** What stands before the first slash is a host only if it looks like one; otherwise it is a user of the default domain. */
function splitDomain(name: string): { domain: string; path: string } {
  const slash = name.indexOf('/');
  const first = name.slice(0, Math.max(slash, 0));
  const isHost = /[.:]/.test(first) || first === 'localhost' || first.toLowerCase() !== first;
  if (slash === -1 || !isHost) return inDefaultDomain(name);
  const path = name.slice(slash + 1);
  return first === DEFAULT_DOMAIN || first === LEGACY_DEFAULT_DOMAIN ? inDefaultDomain(path) : { domain: first, path };
}

function inDefaultDomain(path: string): { domain: string; path: string } {
  return { domain: DEFAULT_DOMAIN, path: path.includes('/') ? path : OFFICIAL_PREFIX + path };
}

function invalid(text: string, reason: string, hint?: string): TsbuildError {
  const shown = text.length > 100 ? `${text.slice(0, 100)}…` : text;
  return new TsbuildError('INVALID', `invalid image name ${JSON.stringify(shown)}: ${reason}`, {
    hint: hint ?? 'an image name is [HOST[:PORT]/]NAME[:TAG][@sha256:DIGEST], e.g. debian:bookworm',
  });
}
