import { TsbuildError } from '../../base/error.ts';
import { withoutCredentials } from '../../base/url-credentials.ts';

/** A repository and what is meant of it, as users write it in one text. */
export interface GitSource {
  /** What git takes, without what follows `?` and `#`; there may be a user and a password in it. */
  remote: string;
  /** A branch, a tag, a full name (`refs/…`) or a commit; the default branch where absent. */
  ref?: string | undefined;
  /** A directory of the repository, clean and relative. */
  subdir?: string | undefined;
  /** The commit that it has to be, or the beginning of one. */
  checksum?: string | undefined;
  keepGitDir?: boolean | undefined;
  submodules?: boolean | undefined;
}

const PROTOCOL = /^([a-z0-9]+):\/\//i;
const PROTOCOLS = ['http', 'https', 'ssh', 'git'];
/** `user@host:path`, with a query and a fragment of ours. */
const SCP = /^([\w-]+@([\w.-]+)):([^?#]*)(?:\?([^#]*))?(?:#(.*))?$/s;

/**
 * Reads a URL by the rules of the reference's dfgitutil: `https://…/x.git`, `ssh://`, `git://`, `git@host:path`, each
 * with `#ref:directory` or `?ref=…&subdir=…`. Undefined where it is none. INVALID where it is one and says nonsense,
 * or what git could take for an option.
 */
export function parseGitUrl(text: string): GitSource | undefined {
  const protocol = PROTOCOL.exec(text)?.[1]?.toLowerCase();
  if (protocol !== undefined) return PROTOCOLS.includes(protocol) ? fromUrl(text, protocol) : undefined;
  const [matched, user, host = '', path = '', query, fragment] = SCP.exec(text) ?? [];
  if (matched === undefined) return undefined;
  refuseOptions(text, [host, path]);
  return sourceOf(text, `${user}:${path}`, new URLSearchParams(query), fragment);
}

/** A context may leave out `https://` and `.git` of this host. For sources of ADD it would look like a path. */
export function parseGitContext(text: string): GitSource | undefined {
  return text.startsWith('github.com/') ? fromUrl(`https://${text}`, 'git') : parseGitUrl(text);
}

function fromUrl(text: string, protocol: string): GitSource | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  const path = decoded(url.pathname);
  if (protocol.startsWith('http') && !path.endsWith('.git')) return undefined;
  refuseOptions(text, [url.hostname, path.replace(/^\/+/, ''), decoded(url.username)]);
  const { search, hash } = url;
  url.search = '';
  url.hash = '';
  // No program takes it from there: it would only be seen.
  if (!protocol.startsWith('http')) url.password = '';
  return sourceOf(text, url.href, new URLSearchParams(search), decoded(hash.slice(1)));
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function sourceOf(text: string, remote: string, query: URLSearchParams, fragment = ''): GitSource {
  const colon = fragment.indexOf(':');
  const written = {
    ref: colon < 0 ? fragment : fragment.slice(0, colon),
    subdir: colon < 0 ? '' : fragment.slice(colon + 1),
  };
  const asked = queryOf(text, query);
  const ref = same(text, 'ref', [written.ref, asked.ref, asked.tag, asked.branch]) ?? asked.checksum;
  const subdir = same(text, 'subdir', [written.subdir, asked.subdir]);
  if (ref !== undefined && !isRef(ref))
    throw invalid(text, `${JSON.stringify(ref)} is no name of a branch, tag or commit`);
  if (asked.checksum !== undefined) requireCommit(asked.checksum, text);
  return {
    remote,
    ref,
    subdir: subdir === undefined ? undefined : cleanDirectory(text, subdir),
    checksum: asked.checksum,
    keepGitDir: asked.keepGitDir,
    submodules: asked.submodules,
  };
}

interface Query {
  ref?: string | undefined;
  tag?: string | undefined;
  branch?: string | undefined;
  subdir?: string | undefined;
  checksum?: string | undefined;
  keepGitDir?: boolean | undefined;
  submodules?: boolean | undefined;
}

const FIELDS: Readonly<Record<string, (value: string, text: string) => Query>> = {
  ref: (ref) => ({ ref }),
  tag: (tag) => ({ tag: fullRef(tag, 'refs/tags/') }),
  branch: (branch) => ({ branch: fullRef(branch, 'refs/heads/') }),
  subdir: (subdir) => ({ subdir }),
  checksum: (checksum) => ({ checksum }),
  commit: (checksum) => ({ checksum }),
  'keep-git-dir': (value, text) => ({ keepGitDir: booleanOf(text, 'keep-git-dir', value) }),
  submodules: (value, text) => ({ submodules: booleanOf(text, 'submodules', value) }),
};

function queryOf(text: string, query: URLSearchParams): Query {
  let found: Query = {};
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name);
    const field = FIELDS[name];
    if (field === undefined || !Object.hasOwn(FIELDS, name)) {
      throw invalid(text, `${JSON.stringify(name)} is unknown after ?`, `there are: ${Object.keys(FIELDS).join(', ')}`);
    }
    const [value = ''] = values;
    if (values.length > 1) throw invalid(text, `${name} has several values`);
    if (value === '' && !['keep-git-dir', 'submodules'].includes(name)) throw invalid(text, `${name} has no value`);
    found = { ...found, ...field(value, text) };
  }
  return found;
}

function fullRef(name: string, prefix: string): string {
  return name.startsWith(prefix) ? name : prefix + name;
}

const BOOLEANS: Readonly<Record<string, boolean>> = {
  '': true,
  '1': true,
  t: true,
  true: true,
  '0': false,
  f: false,
  false: false,
};

function booleanOf(text: string, name: string, value: string): boolean {
  const found = BOOLEANS[value.toLowerCase()];
  if (found === undefined) throw invalid(text, `${name} is neither true nor false`);
  return found;
}

/** What several places say, which has to be one thing. */
function same(text: string, what: string, values: readonly (string | undefined)[]): string | undefined {
  const [first, second] = new Set(values.filter((value) => value !== undefined && value !== ''));
  if (second !== undefined)
    throw invalid(text, `${what} is both ${JSON.stringify(first)} and ${JSON.stringify(second)}`);
  return first;
}

/** What git takes for a name (git-check-ref-format(1)), and no option. */
function isRef(ref: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  return !/^[-/]|[\x00-\x20\x7f~^:?*[\\]|\.\.|@\{|\/\/|[./]$/.test(ref);
}

/** A commit, or enough of its beginning; in lower case. */
export function requireCommit(commit: string, text: string): void {
  if (/^[0-9a-f]{7,64}$/.test(commit)) return;
  throw invalid(text, `${JSON.stringify(commit)} is not a commit`, 'write 40 lower-case hexadecimal digits');
}

function cleanDirectory(text: string, subdir: string): string | undefined {
  const names = subdir.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..') || subdir.includes('\0')) throw invalid(text, 'the directory leaves the repository');
  return names.length === 0 ? undefined : names.join('/');
}

/** ssh and git have been made to take a host or a path that begins with a dash for an option. */
function refuseOptions(text: string, parts: readonly string[]): void {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused
  if (parts.some((part) => part.startsWith('-') || /[\x00-\x1f]/.test(part))) {
    throw invalid(text, 'a part of it begins with a dash, or holds control characters');
  }
}

function invalid(text: string, reason: string, hint?: string): TsbuildError {
  return new TsbuildError('INVALID', `git repository ${withoutCredentials(text)}: ${reason}`, { hint });
}
