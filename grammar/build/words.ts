import type { ExposeInstruction, VolumeInstruction, Word } from '../ast.ts';
import type { InstructionSyntax } from '../parser.ts';
import { wordsOf } from './argument.ts';
import { type BuildContext, syntaxError, tokenRange } from './context.ts';
import { readFlags } from './flag.ts';

export function buildExpose(
  context: BuildContext,
  syntax: InstructionSyntax,
): Pick<ExposeInstruction, 'kind' | 'ports'> {
  return { kind: 'EXPOSE', ports: atLeastOne(context, 'EXPOSE', syntax) };
}

export function buildVolume(
  context: BuildContext,
  syntax: InstructionSyntax,
): Pick<VolumeInstruction, 'kind' | 'paths'> {
  const paths = atLeastOne(context, 'VOLUME', syntax);
  const blank = paths.find((path) => path.text.trim() === '');
  if (blank !== undefined) throw syntaxError(context, 'the path of a VOLUME cannot be empty', blank.range);
  return { kind: 'VOLUME', paths };
}

function atLeastOne(context: BuildContext, kind: 'EXPOSE' | 'VOLUME', syntax: InstructionSyntax): Word[] {
  readFlags(context, kind, syntax.flags);
  const words = wordsOf(context, syntax.argument);
  if (words.length > 0) return words;
  throw syntaxError(context, `${kind} requires at least one argument`, tokenRange(context, syntax.keyword));
}
