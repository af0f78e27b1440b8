import { TsbuildError } from '../base/error.ts';
import type { Files } from '../base/files.ts';
import { parseIgnoreFile } from '../base/ignore.ts';
import { type UrlCredentials, withoutCredentials } from '../base/url-credentials.ts';
import { findContext } from '../frontend/named-context.ts';
import type { NamedContext, ResolvedImage, ResolveImageRequest, ResolveNamedContext } from '../frontend/plan-types.ts';
import { parseGitUrl } from '../frontend/remote/git-url.ts';
import { gitVertex, httpVertex } from '../frontend/remote/vertices.ts';
import type { ImagePlan } from '../graph/image-plan.ts';
import type { Platform } from '../oci/types.ts';
import { type ContextDirectory, contextDirectory, readIgnoreFile } from './input.ts';
import { findInLayout, type LayoutImage } from './layout-context.ts';

export interface NamedContextOptions {
  /** By name, as written. */
  contexts: Readonly<Record<string, string>>;
  /** Makes a scope in which steps see this directory as their build context. */
  addScope: (directory: ContextDirectory) => string;
  resolveImage: (request: ResolveImageRequest) => Promise<ResolvedImage>;
  resolveLayout: (image: LayoutImage, platform: Platform) => Promise<ResolvedImage>;
  /** What another target of the same build is planned to be; undefined where there is none of that name. */
  planOf?: (target: string) => Promise<ImagePlan> | undefined;
  /** As in the options of a plan. */
  credentials?: UrlCredentials | undefined;
  /** The files as they are, where absent. */
  files?: Files | undefined;
}

const IMAGE = 'docker-image://';
const LAYOUT = 'oci-layout://';
const TARGET = 'target:';

/** Finds what `--build-context` says of a name. What nothing asks for is never looked at. */
export function namedContexts(options: NamedContextOptions): ResolveNamedContext {
  const contexts = new Map(Object.entries(options.contexts));
  return async (name, platform) => {
    const value = findContext(contexts, name, platform);
    return value === undefined ? undefined : resolve(name, value, platform, options);
  };
}

async function resolve(
  name: string,
  value: string,
  platform: Platform,
  { addScope, resolveImage, resolveLayout, planOf, credentials, files }: NamedContextOptions,
): Promise<NamedContext> {
  if (value.startsWith(IMAGE)) {
    return { kind: 'image', image: await resolveImage({ name: value.slice(IMAGE.length), platform }) };
  }
  if (value.startsWith(LAYOUT)) {
    const found = findInLayout(value.slice(LAYOUT.length), `--build-context ${name}=${value}`);
    return { kind: 'image', image: { ...(await resolveLayout(found, platform)), reference: value } };
  }
  if (value.startsWith(TARGET)) {
    const plan = planOf?.(value.slice(TARGET.length));
    if (plan !== undefined) return { kind: 'plan', plan: await plan };
  }
  const git = parseGitUrl(value);
  if (git !== undefined) return { kind: 'tree', vertex: gitVertex(git, credentials, {}) };
  if (/^https?:\/\//i.test(value) && URL.canParse(value)) {
    return { kind: 'tree', vertex: httpVertex(new URL(value), { name: 'context' }, credentials, {}) };
  }
  const scheme = /^([a-z][a-z0-9+.-]*):\/\//i.exec(value)?.[1];
  if (scheme !== undefined) {
    throw new TsbuildError(
      'INVALID',
      `--build-context ${name}=${withoutCredentials(value)}: ${scheme}:// is no kind of build context`,
      {
        hint: 'give a directory, docker-image://NAME, oci-layout://DIRECTORY, or the URL of a file or a git repository',
      },
    );
  }
  return { kind: 'directory', scope: addScope(namedDirectory(name, value, files)) };
}

/** Each directory has an ignore file of its own. */
function namedDirectory(name: string, value: string, files: Files | undefined): ContextDirectory {
  const directory = contextDirectory(value, `--build-context ${name}: `, files);
  const ignoreText = readIgnoreFile(directory, undefined, files);
  return { directory, ignoreText, rules: parseIgnoreFile(ignoreText), files };
}
