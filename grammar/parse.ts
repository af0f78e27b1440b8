import type { IToken } from 'chevrotain';
import { TsbuildError } from '../src/base/error.ts';
import type { SourceFile } from '../src/base/source.ts';
import { suggest } from '../src/base/suggest.ts';
import type { BuildFile, EscapeCharacter, Instruction } from './ast.ts';
import type { BuildContext } from './build/context.ts';
import { buildInstruction } from './build/instruction.ts';
import { instructionNames } from './build/names.ts';
import { readDirectives } from './directive.ts';
import { readHeredocs } from './heredoc.ts';
import { LineCursor, readLogicalLine } from './line.ts';
import { LineIndex } from './position.ts';
import { tokenize, UnknownKeyword } from './token.ts';

/** A file that is no build file at all has an error in every line; nobody reads more than these. */
const MAX_ERRORS = 100;

/**
 * Parses a build file. Never throws: all syntax errors of the file come at once, each a SYNTAX error with its place,
 * and what could be understood is in `file`.
 */
export function parse(source: SourceFile): { file: BuildFile; errors: TsbuildError[] } {
  const index = new LineIndex(source.text);
  const { directives, end, errors, checkErrors } = readDirectives(source, index);
  const reader = new InstructionReader(source, index, end, directives.escape);
  const instructions: Instruction[] = [];
  let early: Instruction | undefined;
  for (const instruction of reader.all()) {
    if (!reader.sawFrom && instruction.kind !== 'ARG') early ??= instruction;
    instructions.push(instruction);
  }
  errors.push(...checkErrors, ...reader.errors);
  const start = index.range(0, 0);
  const hint = 'a build file starts with FROM; only ARG may come before';
  if (!reader.sawInstruction) {
    errors.push(new TsbuildError('SYNTAX', 'the build file has no instructions', { location: start, source }));
  } else if (early !== undefined) {
    const message = `no build stage in current context: ${early.kind} comes before the first FROM`;
    errors.push(new TsbuildError('SYNTAX', message, { hint, location: early.range, source }));
  } else if (!reader.sawFrom && errors.length === 0) {
    errors.push(new TsbuildError('SYNTAX', 'the build file has no FROM', { location: start, source, hint }));
  }
  errors.sort((a, b) => (a.location?.start.offset ?? 0) - (b.location?.start.offset ?? 0));
  return { file: { source, directives, instructions }, errors };
}

/**
 * Parses what the config of an image holds under OnBuild: one instruction, with its heredoc bodies behind it. The
 * escape character is always a backslash there. Never throws.
 */
export function parseOnbuild(text: string): {
  instruction: Instruction | undefined;
  source: SourceFile;
  errors: TsbuildError[];
} {
  const source: SourceFile = { name: 'ONBUILD', text };
  const index = new LineIndex(text);
  const reader = new InstructionReader(source, index, 0, '\\');
  const instructions = [...reader.all()];
  const [instruction] = instructions;
  const { errors } = reader;
  const problem = triggerProblem(instructions);
  if (errors.length === 0 && problem !== undefined) {
    errors.push(new TsbuildError('SYNTAX', problem, { location: index.range(0, text.length), source }));
  }
  return { instruction: errors.length === 0 ? instruction : undefined, source, errors };
}

function triggerProblem(instructions: readonly Instruction[]): string | undefined {
  const [instruction] = instructions;
  if (instruction === undefined) return 'an ONBUILD trigger is empty';
  if (instructions.length > 1) return 'an ONBUILD trigger holds more than one instruction';
  const { kind } = instruction;
  return kind === 'FROM' || kind === 'ONBUILD' || kind === 'MAINTAINER'
    ? `${kind} is not allowed in ONBUILD`
    : undefined;
}

/** Reads the instructions of a text one after the other, and collects what is wrong with them. */
class InstructionReader {
  readonly errors: TsbuildError[] = [];
  sawInstruction = false;
  sawFrom = false;
  readonly #source: SourceFile;
  readonly #index: LineIndex;
  readonly #cursor: LineCursor;
  readonly #escape: EscapeCharacter;

  constructor(source: SourceFile, index: LineIndex, offset: number, escapeChar: EscapeCharacter) {
    this.#source = source;
    this.#index = index;
    this.#cursor = new LineCursor(source.text, offset);
    this.#escape = escapeChar;
  }

  *all(): Generator<Instruction> {
    while (this.errors.length < MAX_ERRORS) {
      const line = readLogicalLine(this.#cursor, this.#escape, this.#index);
      if (line === undefined) return;
      this.sawInstruction = true;
      const { heredocs, end, missing } = readHeredocs(line, this.#cursor, this.#index, this.#escape);
      if (missing !== undefined) {
        const message = `the heredoc ${missing.name} has no end`;
        const hint = `add a line with ${missing.name} alone, or quote the word where no heredoc is meant`;
        this.errors.push(new TsbuildError('SYNTAX', message, { hint, location: missing.range, source: this.#source }));
      }
      const context = {
        source: this.#source,
        index: this.#index,
        line,
        escape: this.#escape,
        heredocs,
        errors: this.errors,
      };
      const instruction = this.#build(context, end ?? line.pieces.sourceEnd(0, line.text.length));
      if (instruction !== undefined && missing === undefined) yield instruction;
    }
  }

  #build(context: BuildContext, end: number): Instruction | undefined {
    const tokens = tokenize(context.line.text, this.#escape);
    this.sawFrom ||= opensStage(tokens[0]);
    return buildInstruction(context, tokens, end);
  }
}

/** A mistyped FROM counts: every instruction behind it would else be blamed for its absence. */
function opensStage(keyword: IToken | undefined): boolean {
  if (keyword?.tokenType !== UnknownKeyword) return keyword?.tokenType.name === 'FROM';
  return suggest(keyword.image, instructionNames) === 'FROM';
}
