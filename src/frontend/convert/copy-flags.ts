import type { AddInstruction, CopyInstruction, Word } from '../../../grammar/index.ts';
import { toBytePath } from '../../base/bytepath.ts';
import { parseModeChange, parseOctalMode } from '../../base/file-mode.ts';
import { ignoreRules } from '../../base/ignore.ts';
import { located } from '../arguments.ts';
import { type ConvertContext, errorAt, expandIn } from './context.ts';

/** What the flags of a COPY or ADD say about all of its sources, as the op has it. */
export interface CopyFlags {
  /** Empty is as good as absent, as with the reference: `--chown=$unset`. */
  chown: string | undefined;
  chmod: string | undefined;
  /** A number where `--chmod` is octal. */
  mode: number | string | undefined;
  exclude: string[] | undefined;
  parents: true | undefined;
}

export function copyFlagsOf(instruction: CopyInstruction | AddInstruction, context: ConvertContext): CopyFlags {
  const chown = expandOptional(instruction.chown, context);
  const chmod = expandOptional(instruction.chmod, context);
  refuseNameOverNothing(instruction, chown, context);
  return {
    chown,
    chmod,
    mode: instruction.chmod && chmod && modeOf(instruction.chmod, chmod, context),
    exclude: excludeOf(instruction.exclude, context),
    parents: (instruction.kind === 'COPY' && instruction.parents) || undefined,
  };
}

/** The flags that an entry of the history shows: these and no others, as with the reference. */
export function flagsInHistory({ parents, chown, chmod }: CopyFlags): string[] {
  return [
    ...(parents ? ['--parents'] : []),
    ...(chown === undefined ? [] : [`--chown=${chown}`]),
    ...(chmod === undefined ? [] : [`--chmod=${chmod}`]),
  ];
}

function expandOptional(word: Word | undefined, context: ConvertContext): string | undefined {
  return (word && expandIn(context, word)) || undefined;
}

function modeOf({ range }: Word, text: string, context: ConvertContext): number | string {
  const octal = parseOctalMode(text);
  if (octal !== undefined) return octal;
  if (!/^\d/.test(text) && parseModeChange(text) !== undefined) return text;
  const what = `--chmod=${text} is neither an octal mode from 0 to 07777 nor a symbolic one`;
  throw errorAt(context, range, 'INVALID', what, 'write e.g. --chmod=0755 or --chmod=u=rwX,go=rX');
}

function excludeOf(words: readonly Word[], context: ConvertContext): string[] | undefined {
  if (words.length === 0) return undefined;
  return words.map((word) => {
    const pattern = toBytePath(word.text);
    located(word, context, () => ignoreRules([pattern]));
    return pattern;
  });
}

/** The layer of --link knows nothing of what lies below it, and so has no /etc/passwd to look a name up in. */
function refuseNameOverNothing(
  { kind, link, chown }: CopyInstruction | AddInstruction,
  owner: string | undefined,
  context: ConvertContext,
): void {
  if (!link || chown === undefined || owner === undefined || /^(root|\d+)(:(root|\d+)?)?$/.test(owner)) return;
  const message = `${kind} --link cannot look up the names of --chown=${owner}: its layer stands on nothing`;
  throw errorAt(context, chown.range, 'INVALID', message, 'write numbers, e.g. --chown=1000:1000, or leave --link out');
}
