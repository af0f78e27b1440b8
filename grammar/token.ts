import {
  type CustomPatternMatcherFunc,
  createToken,
  type IMultiModeLexerDefinition,
  type IToken,
  Lexer,
} from 'chevrotain';
import type { EscapeCharacter } from './ast.ts';
import { flagEnd, jsonForm, jsonStringEnd, quotedWordEnd } from './scan.ts';
import { blankTail, WORD_BREAK } from './space.ts';

/**
 * The tokens of one logical line. The keyword decides the mode that its argument is read in: the languages of RUN,
 * ENV and COPY have nothing in common but flags and JSON.
 */

/** The categories name the shape of the argument; the parser has one rule for each. */
const Keyword = createToken({ name: 'Keyword', pattern: Lexer.NA });
export const CommandKeyword = category('CommandKeyword');
export const ListKeyword = category('ListKeyword');
export const WordsKeyword = category('WordsKeyword');
export const PairsKeyword = category('PairsKeyword');
export const ArgKeyword = category('ArgKeyword');
export const TextKeyword = category('TextKeyword');
export const HealthKeyword = category('HealthKeyword');

function category(name: string) {
  return createToken({ name, pattern: Lexer.NA, categories: [Keyword] });
}

function keyword(name: string, shape: ReturnType<typeof category>, mode: string) {
  return createToken({
    name,
    pattern: new RegExp(`${name}(?![^\\t\\v\\f\\r ])`, 'i'),
    categories: [shape],
    push_mode: mode,
  });
}

export const Onbuild = createToken({ name: 'ONBUILD', pattern: /ONBUILD(?![^\t\v\f\r ])/i, categories: [Keyword] });

const KEYWORDS = [
  keyword('RUN', CommandKeyword, 'command'),
  keyword('CMD', CommandKeyword, 'command'),
  keyword('ENTRYPOINT', CommandKeyword, 'command'),
  keyword('SHELL', CommandKeyword, 'command'),
  keyword('COPY', ListKeyword, 'list'),
  keyword('ADD', ListKeyword, 'list'),
  keyword('VOLUME', ListKeyword, 'list'),
  keyword('FROM', WordsKeyword, 'words'),
  keyword('EXPOSE', WordsKeyword, 'words'),
  keyword('ENV', PairsKeyword, 'pairs'),
  keyword('LABEL', PairsKeyword, 'pairs'),
  keyword('ARG', ArgKeyword, 'declarations'),
  keyword('USER', TextKeyword, 'text'),
  keyword('WORKDIR', TextKeyword, 'text'),
  keyword('STOPSIGNAL', TextKeyword, 'text'),
  keyword('MAINTAINER', TextKeyword, 'text'),
  keyword('HEALTHCHECK', HealthKeyword, 'health'),
];

export const UnknownKeyword = createToken({ name: 'UnknownKeyword', pattern: /[^\t\v\f\r ]+/, push_mode: 'text' });

const Blank = createToken({
  name: 'Blank',
  pattern: /[\t-\r \u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]+/,
  line_breaks: true,
  group: Lexer.SKIPPED,
});

/** Between words that know no quotes. */
const WordBreak = createToken({ name: 'WordBreak', pattern: WORD_BREAK, group: Lexer.SKIPPED });

/** Custom patterns get no argument of ours: the escape character in force stands here while `tokenize` runs. */
let escapeInForce: EscapeCharacter = '\\';

/** Flags, `--` and the JSON form are recognized only where nothing but flags came before. */
function atBeginning(tokens: readonly IToken[]): boolean {
  const last = tokens.at(-1);
  return last !== undefined && (last.tokenType === Flag || last.tokenType.CATEGORIES?.length !== 0);
}

function beginsArgument(tokens: readonly IToken[]): boolean {
  return atBeginning(tokens) || tokens.at(-1)?.tokenType === FlagsEnd || tokens.at(-1)?.tokenType === HealthType;
}

function custom(
  name: string,
  end: (text: string, start: number, before: IToken[]) => number | undefined,
  mode?: string,
) {
  const pattern: CustomPatternMatcherFunc = (text, start, before) => {
    const stop = end(text, start, before);
    return stop === undefined || stop <= start ? null : [text.slice(start, stop)];
  };
  return createToken({ name, pattern, line_breaks: true, ...(mode === undefined ? {} : { push_mode: mode }) });
}

export const FlagsEnd = custom('FlagsEnd', (text, start, before) =>
  atBeginning(before) && text.startsWith('--', start) && flagEnd(text, start, escapeInForce) === start + 2
    ? start + 2
    : undefined,
);

export const Flag = custom('Flag', (text, start, before) =>
  atBeginning(before) && text.startsWith('--', start) ? flagEnd(text, start, escapeInForce) : undefined,
);

/** `[` of an array of strings only. */
export const JsonOpen = custom(
  'JsonOpen',
  (text, start, before) => (beginsArgument(before) && jsonForm(text, start) === 'strings' ? start + 1 : undefined),
  'json',
);

/** A whole array that holds something else than strings. */
export const JsonMixed = custom('JsonMixed', (text, start, before) =>
  beginsArgument(before) && jsonForm(text, start) === 'mixed' ? text.length : undefined,
);

export const JsonString = custom('JsonString', (text, start) =>
  text[start] === '"' ? jsonStringEnd(text, start) : undefined,
);
export const JsonComma = createToken({ name: 'JsonComma', pattern: ',' });
export const JsonClose = createToken({ name: 'JsonClose', pattern: ']' });

/** The rest of the line without the blanks at its end. */
export const Text = custom('Text', (text) => blankTail(text));

export const PlainWord = createToken({ name: 'PlainWord', pattern: /[^\t\v\f\r ]+/, line_breaks: true });

export const HealthType = createToken({ name: 'HealthType', pattern: /\S+/, push_mode: 'command' });

/** The name of `ENV name value`: the first word holds no `=`. */
export const LegacyKey = custom(
  'LegacyKey',
  (text, start, before) => {
    if (!beginsArgument(before)) return undefined;
    const equals = text.indexOf('=', start);
    const end = quotedWordEnd(text, start, escapeInForce);
    if (equals !== -1 && equals < end) return undefined;
    const blank = text.slice(start, end).search(/[\t\v\f\r ]/);
    return blank === -1 ? end : start + blank;
  },
  'text',
);

export const QuotedWord = custom('QuotedWord', (text, start) => quotedWordEnd(text, start, escapeInForce));

const FLAG_TOKENS = [FlagsEnd, Flag];
const FLAGS = [Blank, ...FLAG_TOKENS];
const JSON_FORM = [JsonOpen, JsonMixed];

export const VOCABULARY: IMultiModeLexerDefinition = {
  defaultMode: 'instruction',
  modes: {
    instruction: [...FLAGS, Onbuild, ...KEYWORDS, UnknownKeyword],
    command: [...FLAGS, ...JSON_FORM, Text],
    list: [WordBreak, ...FLAG_TOKENS, ...JSON_FORM, PlainWord],
    words: [WordBreak, ...FLAG_TOKENS, PlainWord],
    pairs: [...FLAGS, LegacyKey, QuotedWord],
    declarations: [...FLAGS, QuotedWord],
    text: [...FLAGS, Text],
    health: [...FLAGS, HealthType],
    json: [Blank, JsonString, JsonComma, JsonClose],
  },
};

export const ALL_TOKENS = [
  Keyword,
  CommandKeyword,
  ListKeyword,
  WordsKeyword,
  PairsKeyword,
  ArgKeyword,
  TextKeyword,
  HealthKeyword,
  ...new Set(Object.values(VOCABULARY.modes).flat()),
];

let lexer: Lexer | undefined;

/** Every text has tokens: what is wrong with it is for the parser and the builders to say. */
export function tokenize(text: string, escapeChar: EscapeCharacter): IToken[] {
  lexer ??= new Lexer(VOCABULARY, {
    skipValidations: true,
    positionTracking: 'onlyOffset',
    ensureOptimizations: false,
  });
  escapeInForce = escapeChar;
  return lexer.tokenize(text).tokens;
}
