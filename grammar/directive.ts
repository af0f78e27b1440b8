import { TsbuildError } from '../src/base/error.ts';
import type { SourceFile } from '../src/base/source.ts';
import type { Directives, Word } from './ast.ts';
import { parseCheckOptions } from './check.ts';
import { LineCursor } from './line.ts';
import type { LineIndex } from './position.ts';
import { skipBlanks } from './space.ts';

/** Behind `#` and blanks. A value of nothing but blanks is its last one, as the reference has it. */
const DIRECTIVE =
  /^([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\t\n\f\r ](?:.*[^\t\n\f\r ])?|[\t\f\r ])[\t\n\f\r ]*$/s;

type DirectiveName = 'syntax' | 'escape' | 'check';

/**
 * Reads the directives at the top. They end at the first line that does not look like `# name=value`, or whose name
 * nobody knows. `end` is where the rest of the file starts; a byte order mark is skipped. `checkErrors` are about the
 * options of `check`, with which a file can still be split into instructions.
 */
export function readDirectives(
  source: SourceFile,
  index: LineIndex,
): { directives: Directives; end: number; errors: TsbuildError[]; checkErrors: TsbuildError[] } {
  const directives: Directives = { syntax: undefined, escape: '\\', check: undefined };
  const errors: TsbuildError[] = [];
  const checkErrors: TsbuildError[] = [];
  const cursor = new LineCursor(source.text, source.text.startsWith('\uFEFF') ? 1 : 0);
  const seen = new Set<string>();
  let end = cursor.offset;
  while (!cursor.done) {
    const found = matchDirective(cursor, index);
    if (found === undefined) break;
    const name = directiveName(found.name);
    if (name === undefined) break;
    end = cursor.offset;
    const problem = seen.has(name)
      ? { message: `the directive "${name}" is given twice`, hint: 'keep one of them' }
      : setDirective(directives, name, found.value);
    if (problem !== undefined) {
      const { message, hint } = problem;
      const list = name === 'check' && !seen.has(name) ? checkErrors : errors;
      list.push(new TsbuildError('SYNTAX', message, { hint, location: found.value.range, source }));
    }
    seen.add(name);
  }
  return { directives, end, errors, checkErrors };
}

function directiveName(name: string): DirectiveName | undefined {
  return name === 'syntax' || name === 'escape' || name === 'check' ? name : undefined;
}

function matchDirective(cursor: LineCursor, index: LineIndex): { name: string; value: Word } | undefined {
  const { start, end } = cursor.read();
  const hash = skipBlanks(cursor.text, start, end);
  if (hash === end || cursor.text[hash] !== '#') return undefined;
  const match = DIRECTIVE.exec(cursor.text.slice(skipBlanks(cursor.text, hash + 1, end), end));
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const valueEnd = start + cursor.text.slice(start, end).trimEnd().length;
  const range = index.range(Math.max(start, valueEnd - match[2].length), valueEnd);
  return { name: match[1].toLowerCase(), value: { text: match[2], range } };
}

function setDirective(
  directives: Directives,
  name: DirectiveName,
  value: Word,
): { message: string; hint?: string } | undefined {
  if (name === 'syntax') {
    directives.syntax = value;
    return undefined;
  }
  if (name === 'escape') {
    if (value.text !== '\\' && value.text !== '`') {
      return {
        message: `invalid escape character ${JSON.stringify(value.text)}`,
        hint: 'the escape directive takes \\ or `',
      };
    }
    directives.escape = value.text;
    return undefined;
  }
  const options = parseCheckOptions(value.text);
  if (typeof options === 'string') return { message: options, hint: 'known options are skip, error and experimental' };
  directives.check = { ...options, range: value.range };
  return undefined;
}
