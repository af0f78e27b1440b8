import { toBytePath } from '../../base/bytepath.ts';
import type { Digest } from '../../base/digest.ts';
import { UrlCredentials, type UrlUse } from '../../base/url-credentials.ts';
import type { Vertex } from '../../graph/vertex.ts';
import type { GitSource } from './git-url.ts';

/** What one download is, beside its URL. */
export interface HttpFile {
  /** What the file is called in the tree; from what the server says where absent. */
  name?: string | undefined;
  /** What its content has to be. */
  checksum?: Digest | undefined;
}

type Common = Pick<Vertex, 'scope' | 'ignoreCache'>;

/** A tree with one file, that of a URL. */
export function httpVertex(
  url: URL,
  { name, checksum }: HttpFile,
  credentials: UrlCredentials | undefined,
  common: Common,
): Vertex {
  const { href } = withoutFragment(withoutUser(url, 'http', credentials));
  return {
    ...common,
    op: { kind: 'http', url: href, name: name && toBytePath(name), checksum },
    inputs: [],
    // Fetching is a step of its own, since the key is known only then.
    display: { name: href, internal: true },
  };
}

function withoutUser(url: URL, use: UrlUse, credentials = new UrlCredentials()): URL {
  return credentials.strip(url, use);
}

function withoutFragment(url: URL): URL {
  const plain = new URL(url);
  plain.hash = '';
  return plain;
}

/** The last name of a URL's path, as the reference builder takes it; undefined where the path has none. */
export function fileNameOf({ pathname }: URL): string | undefined {
  let path = pathname;
  try {
    path = decodeURIComponent(pathname);
  } catch {
    // What is no encoded text is a name as it is.
  }
  const name = path.split('/').findLast((part) => part !== '');
  return name === '.' || name === '..' ? undefined : name;
}

/** The files of a commit. */
export function gitVertex(source: GitSource, credentials: UrlCredentials | undefined, common: Common): Vertex {
  const { ref, subdir, checksum, keepGitDir, submodules } = source;
  const remote = /^https?:/i.test(source.remote)
    ? withoutUser(new URL(source.remote), 'git', credentials).href
    : source.remote;
  return {
    ...common,
    op: {
      kind: 'git',
      remote,
      ref,
      subdir: subdir && toBytePath(subdir),
      checksum,
      keepGitDir: keepGitDir || undefined,
      submodules: submodules === false ? false : undefined,
    },
    inputs: [],
    display: { name: `git ${remote}${ref === undefined ? '' : `#${ref}`}` },
  };
}
