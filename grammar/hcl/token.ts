import { createToken, type IMultiModeLexerDefinition, type IToken, Lexer, type TokenType } from 'chevrotain';

/**
 * The tokens of HCL's native syntax. Line breaks end an attribute and separate the items of an object, and mean
 * nothing between parentheses and brackets: an opening sign pushes the mode in which its inside is read. Text in
 * quotes and heredocs is read in modes of its own, in which `${` and `%{` lead back to expressions.
 */

const LINES = 'lines';
const NESTED = 'nested';
const QUOTED = 'quoted';
const HEREDOC = 'heredoc';
const TEMPLATE = 'template';
const JSON_FILE = 'json';

function token(name: string, pattern: RegExp | string, options: { push_mode?: string; pop_mode?: boolean } = {}) {
  return createToken({ name, pattern, line_breaks: typeof pattern !== 'string', ...options });
}

const Blank = createToken({ name: 'Blank', pattern: /[ \t\r]+/, group: Lexer.SKIPPED });
const Break = createToken({ name: 'Break', pattern: /\n/, group: Lexer.SKIPPED, line_breaks: true });
const LineComment = createToken({ name: 'LineComment', pattern: /(?:#|\/\/)[^\n]*/, group: Lexer.SKIPPED });
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: /\/\*[\s\S]*?\*\//,
  group: Lexer.SKIPPED,
  line_breaks: true,
});

export const Newline = token('line break', /\n/);
export const Identifier = token('a name', /[A-Za-z_\u00aa-\uffff][\w\u00aa-\uffff-]*/);
export const NumberLiteral = token('a literal number', /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/);

const BLANKS = String.raw`(?:\s|#[^\n]*\n|//[^\n]*\n|/\*[\s\S]*?\*/)*`;
export const ForObjectOpen = token('{ for', new RegExp(String.raw`\{${BLANKS}for\b(?![-=])`), { push_mode: NESTED });
export const ForTupleOpen = token('[ for', new RegExp(String.raw`\[${BLANKS}for\b(?![-=])`), { push_mode: NESTED });
export const BraceOpen = token('{', '{', { push_mode: LINES });
export const BraceClose = token('}', '}', { pop_mode: true });
export const BracketOpen = token('[', '[', { push_mode: NESTED });
export const BracketClose = token(']', ']', { pop_mode: true });
export const ParenOpen = token('(', '(', { push_mode: NESTED });
export const ParenClose = token(')', ')', { pop_mode: true });
export const QuoteOpen = token('opening "', '"', { push_mode: QUOTED });
/** `<<NAME` or `<<-NAME` with the rest of its line, which is empty. */
export const HeredocOpen = token('a heredoc', /<<-?[A-Za-z_\u00aa-\uffff][\w\u00aa-\uffff-]*\r?\n/, {
  push_mode: HEREDOC,
});

export const Ellipsis = token('...', '...');
export const Arrow = token('=>', '=>');
export const EqualOperator = token('== or !=', /==|!=/);
export const CompareOperator = token('a comparison', /<=|>=|<(?!<)|>/);
export const Assign = token('=', '=');
export const Or = token('||', '||');
export const And = token('&&', '&&');
export const Not = token('!', '!');
export const Minus = token('-', '-');
export const Plus = token('+', '+');
export const Product = token('*, / or %', /[/%]/);
export const Star = token('*', '*');
export const Comma = token(',', ',');
export const Colon = token(':', ':');
export const Question = token('?', '?');
/** The whole of `[*]`, which no index can be. */
export const FullSplat = token('[*]', /\[\s*\*\s*\]/);
export const Dot = token('.', '.');

/** `${`, or `%{ if` and its like; with `~` the blanks before it are dropped. */
export const InterpolationOpen = token('${', /\$\{~?/, { push_mode: NESTED });
export const IfOpen = directive('if');
export const ElseOpen = directive('else');
export const EndIfOpen = directive('endif');
export const ForOpen = directive('for');
export const EndForOpen = directive('endfor');
/** A directive that there is not; the parser says which there are. */
const UnknownDirective = token('%{', /%\{~?/, { push_mode: NESTED });

function directive(name: string): TokenType {
  return token(`%{ ${name}`, new RegExp(String.raw`%\{~?\s*${name}\b`), { push_mode: NESTED });
}

/** `}` that ends an interpolation or a directive and drops the blanks behind it. */
export const TrimClose = token('~}', '~}', { pop_mode: true });

export const QuoteClose = token('closing "', '"', { pop_mode: true });
/** A line that ends within quotes: the quote was forgotten, and the next line is read as if it had been there. */
const QuoteBreak = token('line break in quotes', /\n/, { pop_mode: true });
/** Text up to a quote, a line break or the opening of a sequence; `$${` and `%%{` are text. */
export const QuotedText = token('text in quotes', /(?:\\[^\n]|\$\$\{|%%\{|[$%](?!\{)|[^"\\\n$%])+/);

/** A piece of one line at most, its line break included. */
export const HeredocText = createToken({
  name: 'heredoc text',
  line_breaks: true,
  pattern: (text, offset, before) => {
    if (atTerminator(text, offset, before)) return null;
    HEREDOC_PIECE.lastIndex = offset;
    return HEREDOC_PIECE.exec(text);
  },
});
const HEREDOC_PIECE = /(?:\$\$\{|%%\{|[$%](?!\{)|[^\n$%])*\n|(?:\$\$\{|%%\{|[$%](?!\{)|[^\n$%])+/y;

export const HeredocClose = createToken({
  name: 'end of the heredoc',
  line_breaks: false,
  pop_mode: true,
  pattern: (text, offset, before) => {
    const length = atTerminator(text, offset, before);
    return length === 0 ? null : [text.slice(offset, offset + length)];
  },
});

/** The length of the terminator with the blanks before it, where one stands at the beginning of the line; else 0. */
function atTerminator(text: string, offset: number, before: readonly IToken[]): number {
  if (text[offset - 1] !== '\n') return 0;
  const name = openHeredoc(before);
  if (name === undefined) return 0;
  const line = /[ \t]*([^\s]*)[ \t\r]*(?:\n|$)/y;
  line.lastIndex = offset;
  const match = line.exec(text);
  return match?.[1] === name ? match[0].trimEnd().length : 0;
}

/** The name of the innermost heredoc that has not ended. */
function openHeredoc(before: readonly IToken[]): string | undefined {
  let closed = 0;
  for (let at = before.length - 1; at >= 0; at--) {
    const token = before[at] as IToken;
    if (token.tokenType === HeredocClose) closed++;
    else if (token.tokenType === HeredocOpen && closed-- === 0) return token.image.replace(/^<<-?/, '').trimEnd();
  }
  return undefined;
}

/** What a text without quotes is made of: a string of a JSON file. */
export const BareText = token('text', /(?:\$\$\{|%%\{|[$%](?!\{)|[^$%])+/);

export const JsonString = token('a string', /"(?:[^"\\\n]|\\.)*"/);
export const JsonNumber = token('a number', /-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/);
export const JsonOpen = token('an object {', '{');
export const JsonClose = token('} of an object', '}');
export const JsonListOpen = token('a list [', '[');
export const JsonListClose = token('] of a list', ']');

const SEQUENCES = [InterpolationOpen, IfOpen, ElseOpen, EndIfOpen, EndForOpen, ForOpen, UnknownDirective];
const SIGNS = [
  LineComment,
  BlockComment,
  Blank,
  ForObjectOpen,
  ForTupleOpen,
  BraceOpen,
  TrimClose,
  BraceClose,
  FullSplat,
  BracketOpen,
  BracketClose,
  ParenOpen,
  ParenClose,
  QuoteOpen,
  HeredocOpen,
  Ellipsis,
  Arrow,
  EqualOperator,
  CompareOperator,
  Assign,
  Or,
  And,
  Not,
  Minus,
  Plus,
  Product,
  Star,
  Comma,
  Colon,
  Question,
  Dot,
  NumberLiteral,
  Identifier,
];

const VOCABULARY: IMultiModeLexerDefinition = {
  defaultMode: LINES,
  modes: {
    [LINES]: [Newline, ...SIGNS],
    [NESTED]: [Break, ...SIGNS],
    [QUOTED]: [...SEQUENCES, QuoteClose, QuoteBreak, QuotedText],
    [HEREDOC]: [HeredocClose, ...SEQUENCES, HeredocText],
    [TEMPLATE]: [...SEQUENCES, BareText],
    [JSON_FILE]: [
      Blank,
      Break,
      JsonString,
      JsonNumber,
      JsonOpen,
      JsonClose,
      JsonListOpen,
      JsonListClose,
      Comma,
      Colon,
      Identifier,
    ],
  },
};

export const ALL_TOKENS = [...new Set(Object.values(VOCABULARY.modes).flat())];

export interface Tokens {
  tokens: IToken[];
  /** Where no token could be read: offset, and length of what was skipped. */
  unreadable: { offset: number; length: number }[];
}

let lexer: Lexer | undefined;

/** Reads a file in the native syntax (`lines`), a JSON file, or a text that is all template. */
export function tokenize(text: string, mode: 'lines' | 'json' | 'template'): Tokens {
  lexer ??= new Lexer(VOCABULARY, {
    skipValidations: true,
    positionTracking: 'onlyOffset',
    ensureOptimizations: false,
  });
  const { tokens, errors } = lexer.tokenize(text, mode);
  return { tokens, unreadable: errors.map(({ offset, length }) => ({ offset, length })) };
}
