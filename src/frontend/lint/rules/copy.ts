import { posix } from 'node:path';
import type { AddInstruction, CopyInstruction } from '../../../../grammar/index.ts';
import { toBytePath } from '../../../base/bytepath.ts';
import type { IgnoreRules } from '../../../base/ignore.ts';
import { expandedIn } from '../expansion.ts';
import type { Rule } from '../rule.ts';

const REMOTE = /^([a-z][a-z0-9+.-]*:\/\/|git@)/i;
/** Patterns that leave nothing of the root. */
const EVERYTHING = ['*', '**', '**/*'];

/**
 * Says nothing where the ignore file takes something back in with `!`: a file below an ignored directory may then be
 * there.
 */
export const copyIgnoredFile: Rule = {
  name: 'CopyIgnoredFile',
  description: 'Attempting to Copy file that is excluded by .dockerignore',
  why: 'What the ignore file leaves out is not in the build context, and the step fails for the lack of it, or copies less than it seems to.',
  bad: 'FROM debian\nCOPY out/app /usr/bin/app\n',
  good: 'FROM debian\nCOPY bin/app /usr/bin/app\n',
  ignore: 'out/\n',
  instruction(checked, report) {
    const { instruction, ignore } = checked;
    if (ignore === undefined || !readsContext(instruction) || ignore.patterns.some(({ negated }) => negated)) return;
    for (const source of instruction.sources) {
      if (source.kind !== 'path') continue;
      const path = expandedIn(checked, source.word);
      if (path === undefined || REMOTE.test(path) || !isIgnored(ignore, posix.normalize(path))) continue;
      const verb = instruction.kind === 'ADD' ? 'Add' : 'Copy';
      const shown = JSON.stringify(withoutSlash(posix.normalize(path)));
      const message = `Attempting to ${verb} file ${shown} that is excluded by .dockerignore`;
      report({ message, range: source.word.range, instructions: [instruction] });
    }
  },
};

function readsContext(instruction: { kind: string }): instruction is CopyInstruction | AddInstruction {
  if (instruction.kind === 'ADD') return true;
  return instruction.kind === 'COPY' && (instruction as CopyInstruction).from === undefined;
}

function isIgnored(ignore: IgnoreRules, path: string): boolean {
  const inside = withoutSlash(path).replace(/^(\.\.\/|\/)+/, '');
  if (!['', '.', '..'].includes(inside)) return ignore.ignores(toBytePath(inside));
  return ignore.patterns.some(({ text }) => EVERYTHING.includes(text.replace(/^\//, '')));
}

function withoutSlash(path: string): string {
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}
