import { LineCounter, parseDocument } from 'yaml';
import { TsbuildError } from '../../base/error.ts';
import type { SourceFile } from '../../base/source.ts';
import { Refusal } from '../fail.ts';
import { interpolate } from './interpolate.ts';

/** A YAML value, without anything but these. */
export type Yaml = string | number | boolean | null | Yaml[] | { [key: string]: Yaml };
export type YamlMap = { [key: string]: Yaml };

export function isMap(value: Yaml | undefined): value is YamlMap {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** How deep a file may nest. */
const MAX_DEPTH = 100;

/** The content of a compose file, with the values of variables in it. Throws at the place of a syntax error. */
export function parseCompose(source: SourceFile, lookup: (name: string) => string | undefined): YamlMap {
  const lines = new LineCounter();
  const document = parseDocument(source.text, { merge: true, lineCounter: lines, prettyErrors: false });
  const [error] = document.errors;
  if (error !== undefined) {
    const position = (offset: number) => {
      const { line, col } = lines.linePos(offset);
      return { line, column: col, offset };
    };
    const [start, end] = error.pos;
    const location = { start: position(start), end: position(Math.max(start, end)) };
    throw new TsbuildError('SYNTAX', error.message, { location, source });
  }
  try {
    const content = withVariables(document.toJS({ maxAliasCount: 1000 }) as Yaml, lookup, 0);
    if (content === null) return {};
    if (isMap(content)) return content;
    throw new Refusal('a compose file is a mapping: services: …');
  } catch (cause) {
    if (!(cause instanceof Refusal) && !(cause instanceof ReferenceError)) throw cause;
    throw new TsbuildError('INVALID', `${source.name}: ${cause.message}`, { cause });
  }
}

function withVariables(value: Yaml, lookup: (name: string) => string | undefined, depth: number): Yaml {
  if (depth > MAX_DEPTH) throw new Refusal(`it nests more than ${MAX_DEPTH} deep`);
  if (typeof value === 'string') return interpolate(value, lookup);
  if (Array.isArray(value)) return value.map((item) => withVariables(item, lookup, depth + 1));
  if (!isMap(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, withVariables(item, lookup, depth + 1)]));
}
