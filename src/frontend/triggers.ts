import type { Instruction } from '../../grammar/index.ts';
import { TsbuildError, TsbuildErrors } from '../base/error.ts';
import type { SourceFile } from '../base/source.ts';

/** An ONBUILD trigger that fires: an instruction in a small text of its own. */
export interface Trigger {
  source: SourceFile;
  instruction: Instruction;
}

/** The triggers that a parent (an image, or a stage) leaves to what is built on it, in their order. */
export async function triggersOf(texts: readonly string[] = [], parent: string): Promise<Trigger[]> {
  if (texts.length === 0) return [];
  const { parseOnbuild } = await import('../../grammar/index.ts');
  return texts.flatMap((text) => {
    const { instruction, source, errors } = parseOnbuild(text);
    const named = { ...source, name: `ONBUILD of ${parent}` };
    if (errors.length > 0) throw new TsbuildErrors(errors.map((error) => inSource(error, named)));
    return instruction === undefined ? [] : [{ source: named, instruction }];
  });
}

function inSource({ code, message, hint, location }: TsbuildError, source: SourceFile): TsbuildError {
  return new TsbuildError(code, message, { hint, location, source });
}
