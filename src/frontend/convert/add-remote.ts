import type { AddInstruction, CopyInstruction, CopySource, Word } from '../../../grammar/index.ts';
import { toBytePath } from '../../base/bytepath.ts';
import { isDigest } from '../../base/digest.ts';
import { TsbuildError } from '../../base/error.ts';
import { withoutCredentials } from '../../base/url-credentials.ts';
import type { Vertex } from '../../graph/vertex.ts';
import { type GitSource, parseGitUrl, requireCommit } from '../remote/git-url.ts';
import { fileNameOf, gitVertex, httpVertex } from '../remote/vertices.ts';
import { type ConvertContext, errorAt, expandIn } from './context.ts';

/** What a URL became: a pattern in the tree of an input. */
export interface FetchedSource {
  pattern: string;
  input: number;
  unpack?: true | undefined;
}

/** Where a source of an ADD stands. */
interface Place {
  instruction: CopyInstruction | AddInstruction;
  /** Absolute; a slash at the end means a directory. */
  destination: string;
  /** Which of the inputs its vertex will be. */
  number: number;
}

const URL_LIKE = /^[a-z][a-z0-9+.-]*:\/\//i;
/** What a file without a name is called by the reference builder; it shows where the destination is a directory. */
const UNNAMED = '__unnamed__';

/** A source of ADD that is a URL or a git repository, with the vertex that fetches it; undefined for any other. */
export function remoteSourceOf(
  source: CopySource,
  place: Place,
  context: ConvertContext,
): { source: FetchedSource; vertex: Vertex } | undefined {
  if (source.kind === 'heredoc') return undefined;
  const { word } = source;
  const { instruction, number } = place;
  const text = expandIn(context, word);
  const git = located(word, context, () => parseGitUrl(text));
  if (git === undefined && !URL_LIKE.test(text)) return undefined;
  if (instruction.kind === 'COPY') {
    throw errorAt(context, word.range, 'INVALID', 'COPY takes no URL and no git repository', 'use ADD');
  }
  if (git !== undefined)
    return { source: { pattern: '/', input: number }, vertex: ofRepository(git, instruction, context) };
  return ofUrl(text, word, { ...place, instruction }, context);
}

function ofUrl(
  text: string,
  word: Word,
  { instruction, destination, number }: Place & { instruction: AddInstruction },
  context: ConvertContext,
): { source: FetchedSource; vertex: Vertex } {
  const shown = withoutCredentials(text);
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) {
    const hint =
      'ADD takes http:// and https:// URLs, and git repositories: https://….git, ssh://, git://, git@HOST:PATH';
    throw errorAt(context, word.range, 'INVALID', `cannot add ${shown}: it is no URL that can be fetched`, hint);
  }
  const url = new URL(text);
  const name = fileNameOf(url) ?? (destination.endsWith('/') ? undefined : UNNAMED);
  const { credentials } = context.options;
  const vertex = httpVertex(
    url,
    { name, checksum: sha256Of(instruction, context) },
    credentials,
    context.stage.vertices,
  );
  // Only the file is in that tree, whatever it is called.
  const pattern = name === undefined || /[*?[\\]/.test(name) ? '*' : toBytePath(name);
  return { source: { pattern, input: number, unpack: instruction.unpack || undefined }, vertex };
}

function sha256Of({ checksum }: AddInstruction, context: ConvertContext) {
  if (checksum === undefined) return undefined;
  const text = expandIn(context, checksum);
  if (isDigest(text)) return text;
  const message = `--checksum=${text} is not sha256: and 64 lower-case hexadecimal digits`;
  throw errorAt(context, checksum.range, 'INVALID', message, '`sha256sum FILE` prints them');
}

function ofRepository(git: GitSource, { checksum, keepGitDir }: AddInstruction, context: ConvertContext): Vertex {
  const { credentials } = context.options;
  const wanted = checksum && expandIn(context, checksum);
  if (checksum !== undefined && wanted !== undefined) {
    located(checksum, context, () => requireCommit(wanted, `--checksum of ${git.remote}`));
    if (git.checksum !== undefined && git.checksum !== wanted) {
      throw errorAt(context, checksum.range, 'INVALID', `--checksum=${wanted}, and the URL says ${git.checksum}`);
    }
  }
  const source = { ...git, checksum: wanted ?? git.checksum, keepGitDir: keepGitDir ?? git.keepGitDir };
  return gitVertex(source, credentials, context.stage.vertices);
}

/** Flags that mean something for what is fetched only. */
export function refuseRemoteFlags(
  instruction: CopyInstruction | AddInstruction,
  fetched: number,
  context: ConvertContext,
): void {
  if (instruction.kind === 'COPY') return;
  const { checksum, keepGitDir, sources } = instruction;
  if (checksum !== undefined && (fetched !== 1 || sources.length !== 1)) {
    const message = '--checksum is for one source that is a URL or a git repository';
    throw errorAt(context, checksum.range, 'INVALID', message, 'give each source an ADD of its own');
  }
  if (keepGitDir && fetched === 0) {
    throw errorAt(context, instruction.range, 'INVALID', '--keep-git-dir is for a source that is a git repository');
  }
}

function located<T>(word: Word, { source }: ConvertContext, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw error instanceof TsbuildError ? error.at(word.range, source) : error;
  }
}
