import type { FromInstruction } from '../ast.ts';
import type { InstructionSyntax } from '../parser.ts';
import { wordsOf } from './argument.ts';
import { type BuildContext, syntaxError, tokenRange } from './context.ts';
import { readFlags } from './flag.ts';

/** Stage names compare in lower case; with a digit first a name could not be told from an index (trap 19). */
export const STAGE_NAME = /^[a-z][a-z0-9-_.]*$/;

export function buildFrom(
  context: BuildContext,
  syntax: InstructionSyntax,
): Pick<FromInstruction, 'kind' | 'platform' | 'image' | 'as' | 'name'> {
  const platform = readFlags(context, 'FROM', syntax.flags).string('platform');
  const [image, as, name, ...rest] = wordsOf(context, syntax.argument);
  if (image === undefined || rest.length > 0 || (as === undefined) !== (name === undefined)) {
    throw syntaxError(
      context,
      'FROM requires either one or three arguments',
      tokenRange(context, syntax.keyword),
      'write `FROM image` or `FROM image AS name`',
    );
  }
  if (as !== undefined && as.text.toLowerCase() !== 'as') {
    throw syntaxError(context, `expected AS, found ${JSON.stringify(as.text)}`, as.range, 'write `FROM image AS name`');
  }
  if (name !== undefined && !STAGE_NAME.test(name.text.toLowerCase())) {
    throw syntaxError(
      context,
      `invalid name of a build stage: ${JSON.stringify(name.text)}`,
      name.range,
      'a name starts with a letter and holds letters, digits, "-", "_" and "."',
    );
  }
  return { kind: 'FROM', platform, image, as, name };
}
