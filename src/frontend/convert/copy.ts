import { posix } from 'node:path';
import type { AddInstruction, CopyInstruction, CopySource, Word } from '../../../grammar/index.ts';
import { expandHeredoc } from '../../../grammar/words.ts';
import { toBytePath } from '../../base/bytepath.ts';
import type { Json } from '../../base/digest.ts';
import { hasGlob, matchGlob } from '../../base/gomatch.ts';
import { withoutCredentials } from '../../base/url-credentials.ts';
import type { Vertex } from '../../graph/vertex.ts';
import { located } from '../arguments.ts';
import { addLayer, SCRATCH } from '../stage.ts';
import { type FetchedSource, refuseRemoteFlags, remoteSourceOf } from './add-remote.ts';
import { type Convert, type ConvertContext, errorAt, expandIn, expandPath } from './context.ts';
import { type CopyFlags, copyFlagsOf, flagsInHistory } from './copy-flags.ts';

/** What a COPY reads: what a URL became, a pattern in a tree, or a file whose content stands in the build file. */
export type CopyOpSource = FetchedSource | { pattern: string } | { name: string; content: string };

/** COPY and ADD of local files, of other stages and images, and of files written in place. */
export const convertCopy: Convert<CopyInstruction | AddInstruction> = async (instruction, context) => {
  const { stage } = context;
  const destination = destinationOf(instruction.destination, context);
  const fetched: Vertex[] = [];
  const sources = inOrder(instruction).map((source) => {
    const remote = remoteSourceOf(source, { instruction, destination, number: fetched.length + 1 }, context);
    if (remote === undefined) return sourceOf(source, context);
    fetched.push(remote.vertex);
    return remote.source;
  });
  refuseRemoteFlags(instruction, fetched.length, context);
  refuseOverwriting(instruction, sources, destination, context);
  const flags = copyFlagsOf(instruction, context);
  const from =
    instruction.kind === 'COPY' && instruction.from?.text ? await context.resolveFrom(instruction.from) : undefined;
  const directory = from === undefined ? {} : from.scope === undefined ? undefined : { scope: from.scope };
  const op = {
    kind: 'copy',
    from: directory === undefined ? 'input' : 'context',
    sources: sources as unknown as Json,
    destination: toBytePath(destination),
    chown: flags.chown,
    mode: flags.mode,
    exclude: flags.exclude,
    parents: flags.parents,
    unpack: (instruction.kind === 'ADD' && instruction.unpack !== false) || undefined,
  };
  const tree = directory === undefined && from !== undefined ? [from.vertex] : fetched;
  const inputs = [instruction.link ? SCRATCH : stage.rootfs, ...tree];
  const copy = { op, inputs, display: context.display(instruction), ...stage.vertices, ...directory };
  const vertex = instruction.link ? linkVertex(stage.rootfs, copy) : copy;
  addLayer(stage, vertex, historyOf(instruction, flags, context));
};

/** As the reference copies and names them: what is written in place comes last. */
function inOrder({ sources }: CopyInstruction | AddInstruction): CopySource[] {
  const isHeredoc = ({ kind }: CopySource) => kind === 'heredoc';
  return [...sources.filter((source) => !isHeredoc(source)), ...sources.filter(isHeredoc)];
}

/** Puts the layer of a COPY --link, which was made on nothing, on top of a stage. */
function linkVertex(rootfs: Vertex, layer: Vertex): Vertex {
  const { display } = layer;
  const shown = { ...display, name: `LINK ${display.name}`, internal: true };
  return { op: { kind: 'link' }, inputs: [rootfs, layer], display: shown };
}

/** Without a slash, a directory may yet be there; files written in place would replace one another. */
function refuseOverwriting(
  { kind, destination: { range } }: CopyInstruction | AddInstruction,
  sources: readonly CopyOpSource[],
  destination: string,
  context: ConvertContext,
): void {
  if (
    sources.length < 2 ||
    destination.endsWith('/') ||
    sources.every((source) => 'pattern' in source && !('input' in source))
  )
    return;
  const message = `${kind} with several sources needs a directory as destination`;
  throw errorAt(context, range, 'INVALID', message, `end it with a slash: ${destination}/`);
}

function sourceOf(source: CopySource, context: ConvertContext): CopyOpSource {
  if (source.kind === 'heredoc') {
    const { heredoc } = source;
    const word: Word = { text: heredoc.name, range: heredoc.range };
    const lookup = (name: string) => context.stage.variables.get(name);
    const content = located(word, context, () => {
      if (!heredoc.expand) return heredoc.content;
      const { value, unset } = expandHeredoc(heredoc.content, lookup);
      if (unset.length > 0) context.unset(word, unset);
      return value;
    });
    return { name: toBytePath(heredoc.name), content };
  }
  const pattern = expandPath(context, source.word);
  if (hasGlob(pattern)) located(source.word, context, () => matchGlob(toBytePath(pattern), ''));
  return { pattern: toBytePath(pattern) };
}

/** Absolute; a slash at the end says that a directory is meant. Empty and `.` mean the working directory. */
function destinationOf(word: Word, context: ConvertContext): string {
  const written = expandPath(context, word);
  const path = posix.resolve('/', context.stage.config.WorkingDir ?? '/', written);
  const isDirectory = written === '' || written === '.' || /(^|\/)\.{0,2}$/.test(written);
  return isDirectory && path !== '/' ? `${path}/` : path;
}

function historyOf(instruction: CopyInstruction | AddInstruction, flags: CopyFlags, context: ConvertContext): string {
  const sources = inOrder(instruction).map((source) =>
    source.kind === 'heredoc' ? `<<${source.heredoc.name}` : withoutCredentials(expandIn(context, source.word)),
  );
  const words = [instruction.kind, ...flagsInHistory(flags), ...sources, expandIn(context, instruction.destination)];
  return `${words.join(' ')} # buildkit`;
}
