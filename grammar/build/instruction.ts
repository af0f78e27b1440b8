import type { IToken } from 'chevrotain';
import { TsbuildError } from '../../src/base/error.ts';
import { didYouMean } from '../../src/base/suggest.ts';
import type { Instruction, InstructionKind } from '../ast.ts';
import { parseCheckOptions } from '../check.ts';
import { type InstructionSyntax, parseTokens } from '../parser.ts';
import { UnknownKeyword } from '../token.ts';
import { commandOf, textOf } from './argument.ts';
import { type BuildContext, rangeOf, syntaxError, tokenRange, wordOf } from './context.ts';
import { readFlags } from './flag.ts';
import { buildFrom } from './from.ts';
import { buildHealthcheck } from './healthcheck.ts';
import { instructionNames, NO_TRIGGER } from './names.ts';
import { buildArg, buildPairs } from './pairs.ts';
import { buildRun, buildShell } from './run.ts';
import { buildAdd, buildCopy } from './transfer.ts';
import { buildExpose, buildVolume } from './words.ts';

/**
 * Makes the typed instruction of the tokens of one logical line. `end` is the source offset of its end. Undefined
 * where it has errors, which are in `context.errors`.
 */
export function buildInstruction(context: BuildContext, tokens: IToken[], end: number): Instruction | undefined {
  const errorsBefore = context.errors.length;
  try {
    const instruction = instructionOf(context, parse(context, tokens), end);
    return context.errors.length === errorsBefore ? instruction : undefined;
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    context.errors.push(error);
    return undefined;
  }
}

function parse(context: BuildContext, tokens: IToken[]): InstructionSyntax {
  if (tokens.length === 0) {
    const message = 'the line holds an escape character and no instruction';
    throw syntaxError(context, message, rangeOf(context, 0, context.line.text.length), 'remove it');
  }
  const unknown = tokens.find((token) => token.tokenType === UnknownKeyword);
  if (unknown !== undefined) {
    const shown = unknown.image.length > 80 ? `${unknown.image.slice(0, 80)}…` : unknown.image;
    const hint = didYouMean(unknown.image, instructionNames);
    throw syntaxError(context, `unknown instruction: ${shown}`, tokenRange(context, unknown), hint);
  }
  const { syntax, errors } = parseTokens(tokens);
  if (syntax !== undefined) return syntax;
  const at = errors[0]?.token;
  if (at !== undefined && NO_TRIGGER.has(at.image.toUpperCase())) throw noTrigger(context, at);
  const range = at === undefined || Number.isNaN(at.startOffset) ? undefined : tokenRange(context, at);
  throw syntaxError(
    context,
    'the instruction is not well formed',
    range ?? rangeOf(context, 0, context.line.text.length),
  );
}

function instructionOf(context: BuildContext, syntax: InstructionSyntax, end: number): Instruction {
  const { line, heredocs, index } = context;
  const start = syntax.keyword.startOffset;
  const base = {
    range: index.range(line.pieces.sourceOffset(start), end),
    keyword: wordOf(context, syntax.keyword),
    text: line.text.slice(start).trim(),
    comments: line.comments,
    checkSkip: skippedChecks(line.comments),
    emptyContinuations: line.emptyContinuations,
    heredocs,
  };
  return { ...base, ...build(context, syntax, end) } as Instruction;
}

function skippedChecks(comments: BuildContext['line']['comments']): readonly string[] | 'all' {
  const skipped: string[] = [];
  for (const comment of comments) {
    const match = /^check\s*=\s*(.*)$/i.exec(comment.text);
    const options = match === null ? undefined : parseCheckOptions(match[1] ?? '');
    if (options === undefined || typeof options === 'string') continue;
    if (options.skip === 'all') return 'all';
    skipped.push(...options.skip);
  }
  return skipped;
}

function build(context: BuildContext, syntax: InstructionSyntax, end: number) {
  const kind = syntax.keyword.tokenType.name as InstructionKind;
  switch (kind) {
    case 'FROM':
      return buildFrom(context, syntax);
    case 'RUN':
      return buildRun(context, syntax);
    case 'COPY':
      return buildCopy(context, syntax);
    case 'ADD':
      return buildAdd(context, syntax);
    case 'ARG':
      return buildArg(context, syntax);
    case 'ENV':
    case 'LABEL':
      return buildPairs(context, kind, syntax);
    case 'EXPOSE':
      return buildExpose(context, syntax);
    case 'VOLUME':
      return buildVolume(context, syntax);
    case 'SHELL':
      return buildShell(context, syntax);
    case 'HEALTHCHECK':
      return buildHealthcheck(context, syntax);
    case 'ONBUILD':
      return buildOnbuild(context, syntax, end);
    case 'CMD':
    case 'ENTRYPOINT':
      readFlags(context, kind, syntax.flags);
      return { kind, command: commandOf(context, syntax.argument, syntax.keyword) };
    default:
      readFlags(context, kind, syntax.flags);
      return { kind, word: textOf(context, kind, syntax.argument, syntax.keyword) };
  }
}

function buildOnbuild(context: BuildContext, syntax: InstructionSyntax, end: number) {
  readFlags(context, 'ONBUILD', syntax.flags);
  if (syntax.argument.shape !== 'trigger') {
    throw syntaxError(context, 'ONBUILD requires an instruction', tokenRange(context, syntax.keyword));
  }
  const { inner } = syntax.argument;
  if (NO_TRIGGER.has(inner.keyword.tokenType.name)) throw noTrigger(context, inner.keyword);
  const instruction = instructionOf(context, inner, end);
  const bodies = instruction.heredocs.map((heredoc) => `\n${heredoc.raw}${heredoc.name}`);
  return { kind: 'ONBUILD' as const, trigger: instruction.text + bodies.join(''), instruction };
}

function noTrigger(context: BuildContext, keyword: IToken): TsbuildError {
  return syntaxError(context, `${keyword.image.toUpperCase()} is not allowed in ONBUILD`, tokenRange(context, keyword));
}
