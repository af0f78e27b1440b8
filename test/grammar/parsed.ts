import * as assert from 'uvu/assert';
import { type Instruction, type InstructionKind, parse, type Word } from '../../grammar/index.ts';
import type { SourceRange } from '../../src/base/source.ts';

/** The instructions of a text that must have no errors. */
export function instructionsOf(text: string): Instruction[] {
  const { file, errors } = parse({ name: 'Dockerfile', text });
  assert.equal(
    errors.map((error) => error.message),
    [],
  );
  return file.instructions;
}

/** The instruction type with this kind, also where several kinds share it. */
type OfKind<Kind, All = Instruction> = All extends { kind: infer Kinds } ? (Kind extends Kinds ? All : never) : never;

/** The first instruction of a kind in a text without errors; a FROM is put before it where the text has none. */
export function one<Kind extends InstructionKind>(kind: Kind, text: string): OfKind<Kind> {
  const instructions = instructionsOf(/^(\s*#.*\n)*from/i.test(text) ? text : `FROM first\n${text}\n`);
  const found = instructions.find((instruction) => instruction.kind === kind);
  if (found === undefined) throw new Error(`no ${kind} in ${JSON.stringify(text)}`);
  return found as OfKind<Kind>;
}

/** `line:column message` of every error; a FROM stands in line 1 and the text begins in line 2. */
export function errorsOf(text: string): string[] {
  const { errors } = parse({ name: 'Dockerfile', text: `FROM base\n${text}\n` });
  for (const error of errors) assert.is(error.code, 'SYNTAX');
  return errors.map((error) => `${error.location?.start.line}:${error.location?.start.column} ${error.message}`);
}

export function hintsOf(text: string): (string | undefined)[] {
  return parse({ name: 'Dockerfile', text: `FROM base\n${text}\n` }).errors.map((error) => error.hint);
}

export function texts(words: readonly Word[]): string[] {
  return words.map((word) => word.text);
}

/** `line:column-line:column`. */
export function place(range: SourceRange | undefined): string {
  return `${range?.start.line}:${range?.start.column}-${range?.end.line}:${range?.end.column}`;
}
