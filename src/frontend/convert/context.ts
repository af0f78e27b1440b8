import type { EscapeCharacter, Instruction, Word } from '../../../grammar/index.ts';
import { type ErrorCode, TsbuildError } from '../../base/error.ts';
import type { SourceFile, SourceRange } from '../../base/source.ts';
import type { Display, Vertex } from '../../graph/vertex.ts';
import { expandWord, type Variables } from '../arguments.ts';
import type { PlanOptions } from '../plan-types.ts';
import type { Stage } from '../stage.ts';

/** What `--from` of a COPY leads to. */
export interface FromTree {
  vertex: Vertex;
  /** Where the tree is a directory of this machine: a step of this scope can read of it what it needs. */
  scope?: string | undefined;
}

/** What converting an instruction may ask for, beside the stage itself. */
export interface ConvertContext {
  stage: Stage;
  source: SourceFile;
  escape: EscapeCharacter;
  options: PlanOptions;
  globals: Variables;
  /** How an instruction that becomes a step is shown, e.g. `[build 2/5] RUN npm ci`. Counts the step. */
  display: (instruction: Instruction) => Display;
  /** Told of names that expanded to nothing for want of a value. */
  unset: (word: Word, names: readonly string[]) => void;
  /** The tree that `--from` names: an earlier stage or an image. */
  resolveFrom: (name: Word) => Promise<FromTree>;
}

/** Converts one kind of instruction: changes the stage, and adds vertices. */
export type Convert<I extends Instruction> = (instruction: I, context: ConvertContext) => void | Promise<void>;

export function expandIn(context: ConvertContext, word: Word): string {
  return expandWord(word, context.stage.variables, context);
}

/** A word that names a file. */
export function expandPath(context: ConvertContext, word: Word): string {
  return requirePath(context, word.range, expandIn(context, word));
}

/** No file has such a name: nothing that comes later is asked for it. */
export function requirePath(context: { source: SourceFile }, range: SourceRange, path: string): string {
  if (!path.includes('\0')) return path;
  throw errorAt(context, range, 'INVALID', `a NUL character in the path ${JSON.stringify(path)}`);
}

/** An error at a place in the build file. */
export function errorAt(
  context: { source: SourceFile },
  range: SourceRange,
  code: ErrorCode,
  message: string,
  hint?: string,
): TsbuildError {
  return new TsbuildError(code, message, { location: range, source: context.source, hint });
}

/** Something the language has and this version does not execute: an error, never a silent omission. */
export function unsupported(
  context: { source: SourceFile },
  range: SourceRange,
  what: string,
  hint?: string,
): TsbuildError {
  return errorAt(context, range, 'UNSUPPORTED', `${what} is not executed by this version of tsbuild`, hint);
}
