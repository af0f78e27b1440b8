import { posix } from 'node:path';
import type { AddInstruction, CopyInstruction, CopySource, Word } from '../../../grammar/index.ts';
import { expandHeredoc } from '../../../grammar/words.ts';
import { toBytePath } from '../../base/bytepath.ts';
import type { Json } from '../../base/digest.ts';
import type { TsbuildError } from '../../base/error.ts';
import { located } from '../arguments.ts';
import { addLayer } from '../stage.ts';
import { type Convert, type ConvertContext, errorAt, expandIn, unsupported } from './context.ts';

/** What a COPY reads: a pattern in a tree, or a file whose content stands in the build file. */
export type CopyOpSource = { pattern: string } | { name: string; content: string };

/** COPY and ADD of local files, of other stages and images, and of files written in place. */
export const convertCopy: Convert<CopyInstruction | AddInstruction> = async (instruction, context) => {
  refuseUnsupported(instruction, context);
  const { stage } = context;
  const sources = instruction.sources.map((source) => sourceOf(source, instruction, context));
  const destination = destinationOf(instruction.destination, context);
  refuseOverwriting(instruction, sources, destination, context);
  const from =
    instruction.kind === 'COPY' && instruction.from ? await context.resolveFrom(instruction.from) : undefined;
  const directory = from === undefined ? {} : from.scope === undefined ? undefined : { scope: from.scope };
  const op = {
    kind: 'copy',
    from: directory === undefined ? 'input' : 'context',
    sources: sources as unknown as Json,
    destination: toBytePath(destination),
    chown: instruction.chown && expandIn(context, instruction.chown),
    mode: modeOf(instruction.chmod, context),
    unpack: instruction.kind === 'ADD' ? true : undefined,
  };
  const inputs = directory === undefined && from !== undefined ? [stage.rootfs, from.vertex] : [stage.rootfs];
  addLayer(
    stage,
    { op, inputs, display: context.display(instruction), ...directory },
    historyOf(instruction, op.chown, context),
  );
};

function refuseUnsupported(instruction: CopyInstruction | AddInstruction, context: ConvertContext): void {
  const { kind, range } = instruction;
  if (instruction.link) throw unsupported(context, range, `${kind} --link`, 'leave it out: the same files arrive');
  const [exclude] = instruction.exclude;
  if (exclude !== undefined) throw unsupported(context, exclude.range, `${kind} --exclude`, 'use the ignore file');
  if (instruction.kind === 'COPY') {
    if (instruction.parents) throw unsupported(context, range, 'COPY --parents');
    return;
  }
  const { checksum, keepGitDir, unpack } = instruction;
  if (checksum !== undefined) throw unsupported(context, checksum.range, 'ADD --checksum');
  if (keepGitDir !== undefined) throw unsupported(context, range, 'ADD --keep-git-dir');
  if (unpack !== undefined) throw unsupported(context, range, 'ADD --unpack');
}

/** Without a slash, a directory may yet be there; files written in place would replace one another. */
function refuseOverwriting(
  { kind, destination: { range } }: CopyInstruction | AddInstruction,
  sources: readonly CopyOpSource[],
  destination: string,
  context: ConvertContext,
): void {
  if (sources.length < 2 || destination.endsWith('/') || sources.every((source) => 'pattern' in source)) return;
  const message = `${kind} with several sources needs a directory as destination`;
  throw errorAt(context, range, 'INVALID', message, `end it with a slash: ${destination}/`);
}

const REMOTE = /^([a-z][a-z0-9+.-]*:\/\/|git@)/i;

function sourceOf(
  source: CopySource,
  instruction: CopyInstruction | AddInstruction,
  context: ConvertContext,
): CopyOpSource {
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
  const pattern = expandIn(context, source.word);
  if (REMOTE.test(pattern)) throw remoteSource(instruction.kind, source.word, context);
  return { pattern: toBytePath(pattern) };
}

function remoteSource(kind: 'COPY' | 'ADD', { range }: Word, context: ConvertContext): TsbuildError {
  if (kind === 'COPY') return errorAt(context, range, 'INVALID', 'COPY takes no URL and no git repository', 'use ADD');
  return unsupported(context, range, 'ADD of a URL or git repository', 'download it in a RUN, or before the build');
}

/** Absolute; a slash at the end says that a directory is meant. Empty and `.` mean the working directory. */
function destinationOf(word: Word, context: ConvertContext): string {
  const written = expandIn(context, word);
  const path = posix.resolve('/', context.stage.config.WorkingDir ?? '/', written);
  const isDirectory = written === '' || written === '.' || /(^|\/)\.{0,2}$/.test(written);
  return isDirectory && path !== '/' ? `${path}/` : path;
}

const OCTAL = /^[0-7]+$/;
const MAX_MODE = 0o7777;

function modeOf(word: Word | undefined, context: ConvertContext): number | undefined {
  if (word === undefined) return undefined;
  const text = expandIn(context, word);
  if (OCTAL.test(text) && Number.parseInt(text, 8) <= MAX_MODE) return Number.parseInt(text, 8);
  if (/^[ugoa]*[-+=]/.test(text))
    throw unsupported(context, word.range, 'a symbolic --chmod', 'write the mode in octal, e.g. 0755');
  throw errorAt(
    context,
    word.range,
    'INVALID',
    `--chmod=${text} is not an octal mode from 0 to 07777`,
    'write e.g. --chmod=0755',
  );
}

function historyOf(
  instruction: CopyInstruction | AddInstruction,
  chown: string | undefined,
  context: ConvertContext,
): string {
  const flags = [
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(instruction.chmod === undefined ? [] : [`--chmod=${expandIn(context, instruction.chmod)}`]),
  ];
  const sources = instruction.sources.map((source) =>
    source.kind === 'heredoc' ? `<<${source.heredoc.name}` : expandIn(context, source.word),
  );
  return `${[instruction.kind, ...flags, ...sources, expandIn(context, instruction.destination)].join(' ')} # buildkit`;
}
