import type { AddInstruction, CopyInstruction, CopySource, Heredoc, Word } from '../ast.ts';
import { heredocMarker } from '../heredoc.ts';
import type { InstructionSyntax } from '../parser.ts';
import { wordsOf } from './argument.ts';
import { type BuildContext, syntaxError, tokenRange } from './context.ts';
import { type FlagSet, readFlags } from './flag.ts';

type Own<I> = Omit<I, 'range' | 'keyword' | 'text' | 'comments' | 'checkSkip' | 'emptyContinuations' | 'heredocs'>;

export function buildCopy(context: BuildContext, syntax: InstructionSyntax): Own<CopyInstruction> {
  const flags = readFlags(context, 'COPY', syntax.flags);
  const from = flags.string('from');
  if (from !== undefined && /\$./.test(from.text)) {
    context.errors.push(variableInFrom(context, from));
  }
  return { kind: 'COPY', ...common(context, 'COPY', syntax, flags), from, parents: flags.boolean('parents') ?? false };
}

export function buildAdd(context: BuildContext, syntax: InstructionSyntax): Own<AddInstruction> {
  const flags = readFlags(context, 'ADD', syntax.flags);
  return {
    kind: 'ADD',
    ...common(context, 'ADD', syntax, flags),
    checksum: flags.string('checksum'),
    keepGitDir: flags.boolean('keep-git-dir'),
    unpack: flags.boolean('unpack'),
  };
}

function variableInFrom(context: BuildContext, from: Word) {
  return syntaxError(
    context,
    'variables are not expanded in --from',
    from.range,
    'declare a stage with `FROM $IMAGE AS name` and copy from that name',
  );
}

function common(context: BuildContext, kind: 'COPY' | 'ADD', syntax: InstructionSyntax, flags: FlagSet) {
  const words = wordsOf(context, syntax.argument);
  const destination = words.at(-1);
  if (destination === undefined || words.length < 2) {
    throw syntaxError(
      context,
      `${kind} requires at least two arguments: a source and a destination`,
      tokenRange(context, syntax.keyword),
    );
  }
  if (context.heredocs.length > 0 && heredocMarker(destination.text) !== undefined) {
    throw syntaxError(context, `${kind} cannot have a heredoc as its destination`, destination.range);
  }
  const heredocs = new Map(context.heredocs.map((heredoc) => [heredoc.range.start.offset, heredoc]));
  return {
    sources: words.slice(0, -1).map((word) => sourceOf(heredocs, word)),
    destination,
    chown: flags.string('chown'),
    chmod: flags.string('chmod'),
    link: flags.boolean('link') ?? false,
    exclude: flags.list('exclude'),
  };
}

/** A word is a heredoc where one was read at its place. */
function sourceOf(heredocs: ReadonlyMap<number, Heredoc>, word: Word): CopySource {
  const heredoc = heredocs.get(word.range.start.offset);
  return heredoc === undefined ? { kind: 'path', word } : { kind: 'heredoc', heredoc };
}
