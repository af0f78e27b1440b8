import { EOF, type IRecognitionException, type IToken } from 'chevrotain';
import { TsbuildError } from '../../src/base/error.ts';
import type { SourceFile } from '../../src/base/source.ts';
import { LineIndex } from '../position.ts';
import type { Attribute, Block, Body, Origin, Place, TemplatePart } from './ast.ts';
import { readJsonBody, type Schema } from './json.ts';
import { HclParser } from './parser.ts';
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
    const parsed = run(item, origin, errors, (parser) => parser.item());
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
  const root = run(tokens, origin, errors, (parser) => parser.jsonValue());
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
  const parts = run(tokens, { source, index: new LineIndex(text) }, errors, (parser) => parser.wholeTemplate());
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

let parser: HclParser | undefined;

function run<R>(
  tokens: IToken[],
  origin: Origin,
  errors: TsbuildError[],
  rule: (parser: HclParser) => R,
): R | undefined {
  parser ??= new HclParser({ skipValidations: true });
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

function problemError(problem: unknown): TsbuildError {
  if (problem instanceof Problem) return errorAt(problem.message, problem.at, problem.hint);
  throw problem;
}

/** The items of the file: each ends with a line break outside of all braces, quotes and heredocs. */
function* topLevelItems(tokens: readonly IToken[]): Generator<IToken[]> {
  let item: IToken[] = [];
  let depth = 0;
  for (const token of tokens) {
    if (OPENING.has(token.tokenType)) depth++;
    if (CLOSING.has(token.tokenType)) depth--;
    if (token.tokenType !== T.Newline || depth > 0) item.push(token);
    else {
      if (item.length > 0) yield item;
      item = [];
      depth = 0;
    }
  }
  if (item.length > 0) yield item;
}

const OPENING = new Set([
  T.BraceOpen,
  T.BracketOpen,
  T.ParenOpen,
  T.ForObjectOpen,
  T.ForTupleOpen,
  T.InterpolationOpen,
  T.IfOpen,
  T.ElseOpen,
  T.EndIfOpen,
  T.ForOpen,
  T.EndForOpen,
  T.JsonOpen,
  T.JsonListOpen,
]);
const CLOSING = new Set([T.BraceClose, T.BracketClose, T.ParenClose, T.TrimClose, T.JsonClose, T.JsonListClose]);

function syntaxError(error: IRecognitionException, tokens: readonly IToken[], origin: Origin): TsbuildError {
  const { token, previousToken } = error as IRecognitionException & { previousToken?: IToken };
  if (token.tokenType === EOF) {
    const last = previousToken ?? tokens.at(-1);
    const end = last === undefined ? 0 : last.startOffset + last.image.length;
    const open = unclosed(tokens);
    if (open !== undefined) {
      const at = { origin, start: open.startOffset, end: open.startOffset + open.image.trimEnd().length };
      return errorAt(`${open.image.trimEnd()} is never closed`, at);
    }
    return errorAt('something is missing here', { origin, start: Math.max(0, end - 1), end }, expectation(error));
  }
  const at = { origin, start: token.startOffset, end: token.startOffset + token.image.length };
  const found = token.image.startsWith('\n') ? 'the end of the line' : token.image.trim();
  const message = token.tokenType.name === 'line break in quotes' ? 'a text in quotes ends within its line' : undefined;
  return errorAt(message ?? `${found} was not expected here`, at, expectation(error));
}

function unclosed(tokens: readonly IToken[]): IToken | undefined {
  const open: IToken[] = [];
  for (const token of tokens) {
    if (OPENING.has(token.tokenType) || token.tokenType === T.QuoteOpen || token.tokenType === T.HeredocOpen)
      open.push(token);
    if (CLOSING.has(token.tokenType) || token.tokenType === T.QuoteClose || token.tokenType === T.HeredocClose)
      open.pop();
  }
  return open.at(-1);
}

/** What the parser says it wanted, where that is one thing. */
function expectation(error: IRecognitionException): string | undefined {
  const wanted = /Expecting token of type --> (.+?) <--/.exec(error.message)?.[1];
  if (wanted === 'line break' || wanted === undefined) return undefined;
  return `expected ${wanted}`;
}

/** Of what cannot be read the first in each line; a sign that closes nothing is a token, which the parser refuses. */
function firstOfLine(unreadable: T.Tokens['unreadable'], text: string): T.Tokens['unreadable'] {
  const found = unreadable.filter(({ offset }) => !'}])'.includes(text.charAt(offset)));
  return found.filter(({ offset }, at) => at === 0 || text.slice(found[at - 1]?.offset, offset).includes('\n'));
}

function unreadableMessage(text: string): string {
  if (text.startsWith("'")) return 'texts stand in double quotes';
  if (text.startsWith('/*')) return 'this comment has no end';
  return `${text.trim().slice(0, 20)} means nothing here`;
}

function errorAt(message: string, { origin, start, end }: Place, hint?: string): TsbuildError {
  return new TsbuildError('SYNTAX', message, {
    hint,
    location: origin.index.range(start, end),
    source: origin.source,
  });
}

function inOrder(errors: TsbuildError[]): TsbuildError[] {
  return errors.sort((a, b) => (a.location?.start.offset ?? 0) - (b.location?.start.offset ?? 0));
}
