import { createWriteStream, mkdirSync, statSync } from 'node:fs';
import { join, posix } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { commitDigest, gitUri } from '../attest/provenance/dependencies.ts';
import type { FetchedOrigin } from '../attest/provenance/facts.ts';
import { uniqueName } from '../base/atomic.ts';
import { toBytePath } from '../base/bytepath.ts';
import { type Digest, hexOf, type Json } from '../base/digest.ts';
import { TsbuildError } from '../base/error.ts';
import { withoutCredentials } from '../base/url-credentials.ts';
import { parseGitContext } from '../frontend/remote/git-url.ts';
import { gitVertex, httpVertex } from '../frontend/remote/vertices.ts';
import { SCRATCH } from '../frontend/stage.ts';
import { Solver } from '../graph/solver.ts';
import type { Vertex } from '../graph/vertex.ts';
import { rootfsOf } from '../ops/rootfs.ts';
import { isArchive, unpackArchive } from '../ops/unpack-archive.ts';
import { LayerWriter } from '../snapshot/layer-writer.ts';
import { executorsOf, type Scopes } from './executors.ts';
import type { InputOptions } from './input.ts';
import { readText } from './read-text.ts';
import { secretHeaders } from './secret-headers.ts';
import type { BuildSettings, BuildTarget } from './target.ts';
import type { Workspace } from './workspace.ts';

export interface FetchOptions {
  workspace: Workspace;
  scopes: Scopes;
  settings: BuildSettings;
}

/** A context that was fetched, and from where; standard input is from nowhere. */
export type FetchedInput = InputOptions & { origin?: FetchedOrigin | undefined };

/** The name of a downloaded context in its tree, as the reference builder calls it. */
const DOWNLOAD = 'context';
const KEEP_GIT_DIR = 'BUILDKIT_CONTEXT_KEEP_GIT_DIR';

/** Whether a context is no directory of this machine: standard input, a repository, or a URL. */
export function isFetched(context: string): boolean {
  return context === '-' || isUrl(context) || parseGitContext(context) !== undefined;
}

function isUrl(context: string): boolean {
  return /^https?:\/\//i.test(context);
}

/**
 * Brings a context to this machine: the files of a repository, or what an archive holds, by content. What is no
 * archive is the build file of an empty context. Repositories and downloads are vertices, and cached as such; standard
 * input is unpacked into the session's directory, and goes away with it.
 */
export async function fetchContext(target: BuildTarget, options: FetchOptions): Promise<FetchedInput> {
  const { context, file } = target;
  if (context === '-') return fromStandardInput(file, options);
  const credentials = options.scopes.credentials.withSecrets(secretHeaders(target.secrets));
  const git = parseGitContext(context);
  if (git !== undefined) {
    const keepGitDir = git.keepGitDir || /^(1|t|true)$/i.test(target.buildArgs[KEEP_GIT_DIR] ?? '');
    const vertex = gitVertex({ ...git, keepGitDir }, credentials, {});
    const { directory, origin } = await solveTree(vertex, options);
    return { ...inTree(directory, file), origin };
  }
  const download = httpVertex(new URL(context), { name: DOWNLOAD }, credentials, {});
  const { directory, origin } = await solveTree(download, options);
  const path = join(directory, DOWNLOAD);
  if (!(await isArchive(toBytePath(path)))) {
    return { ...buildFileAlone(path, file, { options, shown: withoutCredentials(context) }), origin };
  }
  const files = await solveTree(unpacked(download), options);
  return { ...inTree(files.directory, file), origin };
}

/** `-f` names a file of the context, whatever the working directory is. */
function inTree(directory: string, file: string | undefined): InputOptions {
  if (file === undefined || file === '-') return { context: directory, file, foreign: true };
  return { context: directory, file: join(directory, posix.resolve('/', file)), foreign: true };
}

/** The files that a vertex makes, and where they come from. */
async function solveTree(
  vertex: Vertex,
  { workspace, scopes, settings }: FetchOptions,
): Promise<{ directory: string; origin: FetchedOrigin | undefined }> {
  await workspace.held;
  const { jobs, emit, signal } = settings;
  const executors = executorsOf(workspace, scopes, settings);
  const solver = new Solver({ executors, cache: workspace.cache, jobs, emit, signal });
  const [result] = await solver.solve([vertex]);
  const { snapshot } = rootfsOf(result as NonNullable<typeof result>);
  const { material } = await solver.definitions.of(vertex);
  return { directory: workspace.snapshots.fs(snapshot as string), origin: originOf(vertex, material) };
}

function originOf({ op }: Vertex, material: Json | undefined): FetchedOrigin | undefined {
  const { commit, digest } = (material ?? {}) as { commit?: string; digest?: Digest };
  if (commit !== undefined) return { uri: gitUri(op), digest: commitDigest(commit) };
  return digest === undefined ? undefined : { uri: String(op.url), digest: { sha256: hexOf(digest) } };
}

function unpacked(download: Vertex): Vertex {
  const sources = [{ pattern: DOWNLOAD, input: 1, unpack: true }];
  return {
    op: { kind: 'copy', from: 'context', sources, destination: '/' },
    inputs: [SCRATCH, download],
    display: { name: '[internal] unpack the build context' },
  };
}

async function fromStandardInput(file: string | undefined, options: FetchOptions): Promise<InputOptions> {
  const { workspace, settings } = options;
  if (file === '-') {
    throw new TsbuildError('USAGE', 'standard input is either the build context or the build file', {
      hint: '`tsbuild -` takes both in one archive; `tsbuild -f - DIRECTORY` the build file alone',
    });
  }
  await workspace.held;
  const path = join(workspace.temporary(), uniqueName('stdin-'));
  await pipeline(process.stdin, createWriteStream(path, { mode: 0o600 }), { signal: settings.signal });
  if (!(await isArchive(toBytePath(path)))) return buildFileAlone(path, file, { options, shown: 'standard input' });
  const directory = emptyDirectory(workspace);
  const view = await workspace.snapshots.view(null);
  const writer = new LayerWriter(toBytePath(directory), view, { userXattrs: workspace.snapshots.userXattrs });
  const archive = { name: 'standard input', path: toBytePath(path), size: statSync(path).size };
  await unpackArchive(archive, writer, { directory: '', owner: undefined }, settings.signal);
  await writer.finish();
  return inTree(directory, file);
}

function buildFileAlone(
  path: string,
  file: string | undefined,
  { options: { workspace }, shown }: { options: FetchOptions; shown: string },
): InputOptions {
  const text = readText(path, { what: 'build file', within: undefined, pipes: false }) ?? '';
  if (file !== undefined || text.trim() === '') {
    const problem = text.trim() === '' ? 'is empty' : 'is no archive in which -f could name a file';
    throw new TsbuildError('INVALID', `${shown} ${problem}`, {
      hint: 'give a tar archive, or a build file without -f',
    });
  }
  return { context: emptyDirectory(workspace), file: '-', text };
}

function emptyDirectory({ temporary }: Workspace): string {
  const directory = join(temporary(), uniqueName('context-'));
  mkdirSync(directory, { mode: 0o755 });
  return directory;
}
