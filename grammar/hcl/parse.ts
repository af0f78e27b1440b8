import type { IToken } from 'chevrotain';
import type { TsbuildError } from '../../src/base/error.ts';
import type { SourceFile } from '../../src/base/source.ts';
import { LineIndex } from '../position.ts';
import type { Attribute, Block, Body, Origin, Place, TemplatePart } from './ast.ts';
import { topLevelItems } from './brackets.ts';
import { errorAt, problemError, syntaxError, unreadableMessage } from './errors.ts';
import { readJsonBody, type Schema } from './json.ts';
import { HclParser } from './parser/hcl.ts';
import { JsonParser } from './parser/json.ts';
import type { Rules } from './parser/rules.ts';
import { Problem } from './problem.ts';
import * as T from './token.ts';

/** A file that is no bake file at all has an error in every line; nobody reads more than these. */
const MAX_ERRORS = 50;

export interface Parsed {
  body: Body;
  errors: TsbuildError[];
}

/**
 * Parses a file in HCL's native syntax. Never throws: an error in one item at the top of the file does not hide those
 * of the others, and what could be understood is in `body`.
 */
export function parseHcl(source: SourceFile): Parsed {
  const origin: Origin = { source, index: new LineIndex(source.text) };
  const { tokens, unreadable } = T.tokenize(source.text, 'lines');
  const errors = firstOfLine(unreadable, source.text).map(({ offset, length }) =>
    errorAt(unreadableMessage(source.text.slice(offset, offset + length)), {
      origin,
      start: offset,
      end: offset + length,
    }),
  );
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (const item of topLevelItems(tokens)) {
    if (errors.length >= MAX_ERRORS) break;
    const parsed = run(hclParser(), item, origin, errors, (parser) => parser.item());
    if (parsed === undefined) continue;
    if ('type' in parsed) blocks.push(parsed);
    else attributes.push(parsed);
  }
  const body = { attributes, blocks, at: { origin, start: 0, end: source.text.length } };
  return { body, errors: inOrder(errors) };
}

/** Parses a file in HCL's JSON syntax; `schema` says which keys of it are blocks. Never throws. */
export function parseHclJson(source: SourceFile, schema: Schema): Parsed {
  const origin: Origin = { source, index: new LineIndex(source.text) };
  const { tokens, unreadable } = T.tokenize(source.text, 'json');
  const errors = unreadable
    .slice(0, MAX_ERRORS)
    .map(({ offset, length }) =>
      errorAt(
        'this is not JSON',
        { origin, start: offset, end: offset + length },
        'comments and single quotes are not allowed',
      ),
    );
  const empty: Body = { attributes: [], blocks: [], at: { origin, start: 0, end: source.text.length } };
  const root = run(jsonParser(), tokens, origin, errors, (parser) => parser.value());
  if (root === undefined) return { body: empty, errors: inOrder(errors) };
  try {
    return { body: readJsonBody(root, schema, (text, at) => parseTemplate(text, at)), errors: inOrder(errors) };
  } catch (problem) {
    errors.push(problemError(problem));
    return { body: empty, errors: inOrder(errors) };
  }
}

/** Parses a text that is a template as a whole; all of it stands at `at`. Throws a `Problem`. */
function parseTemplate(text: string, at: Place): TemplatePart[] {
  if (!/[$%]\{/.test(text)) return text === '' ? [] : [{ kind: 'text', text, at }];
  const errors: TsbuildError[] = [];
  const source: SourceFile = { name: at.origin.source.name, text };
  const { tokens, unreadable } = T.tokenize(text, 'template');
  const parts = run(hclParser(), tokens, { source, index: new LineIndex(text) }, errors, (parser) =>
    parser.wholeTemplate(),
  );
  const [message] = [...unreadable.map(() => 'this template cannot be read'), ...errors.map((error) => error.message)];
  if (parts === undefined || message !== undefined) throw new Problem(message ?? 'this template cannot be read', at);
  return relocate(parts, at);
}

/** All places of a tree moved to one: offsets into a JSON string do not count its escapes. */
function relocate<N>(node: N, at: Place): N {
  if (Array.isArray(node)) return node.map((item) => relocate(item, at)) as N;
  if (typeof node !== 'object' || node === null) return node;
  return Object.fromEntries(
    Object.entries(node).map(([name, value]) => [name, name === 'at' || name === 'nameAt' ? at : relocate(value, at)]),
  ) as N;
}

let hcl: HclParser | undefined;
let json: JsonParser | undefined;

/** The parser of each syntax is made once, when it is first needed: the set-up costs some 20 ms. */
const hclParser = (): HclParser => (hcl ??= new HclParser());
const jsonParser = (): JsonParser => (json ??= new JsonParser());

function run<P extends Rules, R>(
  parser: P,
  tokens: IToken[],
  origin: Origin,
  errors: TsbuildError[],
  rule: (parser: P) => R,
): R | undefined {
  parser.origin = origin;
  parser.resetDepth();
  parser.input = tokens;
  try {
    const result = rule(parser);
    const [error] = parser.errors;
    if (error === undefined) return result;
    errors.push(syntaxError(error, tokens, origin));
  } catch (problem) {
    errors.push(problemError(problem));
  }
  return undefined;
}

function inOrder(errors: TsbuildError[]): TsbuildError[] {
  return errors.sort((a, b) => (a.location?.start.offset ?? 0) - (b.location?.start.offset ?? 0));
}

/** Of what cannot be read the first in each line; a sign that closes nothing is a token, which the parser refuses. */
function firstOfLine(unreadable: T.Tokens['unreadable'], text: string): T.Tokens['unreadable'] {
  const found = unreadable.filter(({ offset }) => !'}])'.includes(text.charAt(offset)));
  return found.filter(({ offset }, at) => at === 0 || text.slice(found[at - 1]?.offset, offset).includes('\n'));
}
