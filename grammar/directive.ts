import { TsbuildError } from '../src/base/error.ts';
import type { SourceFile } from '../src/base/source.ts';
import type { Directives, Word } from './ast.ts';
import { parseCheckOptions } from './check.ts';
import { LineCursor } from './line.ts';
import type { LineIndex } from './position.ts';

const DIRECTIVE = /^\s*#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(\S(?:.*\S)?)\s*$/;

type DirectiveName = 'syntax' | 'escape' | 'check';

/**
 * Reads the directives at the top. They end at the first line that does not look like `# name=value`; a name nobody
 * knows is a comment and ends nothing (the reference's code, against its documents). `end` is where the rest of the
 * file starts; a byte order mark is skipped.
 */
export function readDirectives(
  source: SourceFile,
  index: LineIndex,
): { directives: Directives; end: number; errors: TsbuildError[] } {
  const directives: Directives = { syntax: undefined, escape: '\\', check: undefined };
  const errors: TsbuildError[] = [];
  const cursor = new LineCursor(source.text, source.text.startsWith('\uFEFF') ? 1 : 0);
  const seen = new Set<string>();
  let end = cursor.offset;
  while (!cursor.done) {
    const found = matchDirective(cursor, index);
    if (found === undefined) break;
    const name = directiveName(found.name);
    if (name === undefined) continue;
    end = cursor.offset;
    const problem = seen.has(name)
      ? { message: `the directive "${name}" is given twice`, hint: 'keep one of them' }
      : setDirective(directives, name, found.value);
    seen.add(name);
    if (problem !== undefined) {
      const { message, hint } = problem;
      errors.push(new TsbuildError('SYNTAX', message, { hint, location: found.value.range, source }));
    }
  }
  return { directives, end, errors };
}

function directiveName(name: string): DirectiveName | undefined {
  return name === 'syntax' || name === 'escape' || name === 'check' ? name : undefined;
}

function matchDirective(cursor: LineCursor, index: LineIndex): { name: string; value: Word } | undefined {
  const { start, end } = cursor.read();
  if (
    !cursor.text
      .slice(start, Math.min(end, start + 256))
      .trimStart()
      .startsWith('#')
  )
    return undefined;
  const line = cursor.text.slice(start, end);
  const match = DIRECTIVE.exec(line);
  if (match?.[1] === undefined || match[2] === undefined) return undefined;
  const valueEnd = start + line.trimEnd().length;
  const range = index.range(valueEnd - match[2].length, valueEnd);
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
