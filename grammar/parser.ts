import { EmbeddedActionsParser, type IRecognitionException, type IToken } from 'chevrotain';
import * as T from './token.ts';

/** What the grammar sees of one instruction: tokens, sorted by their part. */
export interface InstructionSyntax {
  keyword: IToken;
  flags: IToken[];
  argument: Argument;
}

export type Argument =
  | { shape: 'none' }
  | { shape: 'text'; text: IToken }
  | { shape: 'json'; strings: IToken[] }
  | { shape: 'mixed'; array: IToken }
  | { shape: 'words'; words: IToken[] }
  | { shape: 'legacy'; key: IToken; value: IToken | undefined }
  | { shape: 'health'; type: IToken; command: Argument }
  | { shape: 'trigger'; inner: InstructionSyntax };

const NONE: Argument = { shape: 'none' };

/** One rule for each shape of argument; `instruction` is the start rule for one logical line. */
export class InstructionParser extends EmbeddedActionsParser {
  constructor(options: { skipValidations: boolean }) {
    super(T.ALL_TOKENS, { maxLookahead: 1, recoveryEnabled: false, skipValidations: options.skipValidations });
    this.performSelfAnalysis();
  }

  readonly instruction = this.RULE(
    'instruction',
    (): InstructionSyntax =>
      this.OR([{ ALT: () => this.SUBRULE(this.onbuild) }, { ALT: () => this.SUBRULE(this.simple) }]),
  );

  readonly onbuild = this.RULE('onbuild', (): InstructionSyntax => {
    const keyword = this.CONSUME(T.Onbuild);
    const flags = this.SUBRULE(this.flags);
    const argument: Argument =
      this.OPTION(() => ({ shape: 'trigger' as const, inner: this.SUBRULE(this.simple) })) ?? NONE;
    return { keyword, flags, argument };
  });

  readonly simple = this.RULE(
    'simple',
    (): InstructionSyntax =>
      this.OR([
        { ALT: () => this.with(this.CONSUME(T.CommandKeyword), this.SUBRULE1(this.flags), this.SUBRULE(this.command)) },
        { ALT: () => this.with(this.CONSUME(T.ListKeyword), this.SUBRULE2(this.flags), this.SUBRULE(this.list)) },
        { ALT: () => this.with(this.CONSUME(T.WordsKeyword), this.SUBRULE3(this.flags), this.SUBRULE(this.words)) },
        { ALT: () => this.with(this.CONSUME(T.PairsKeyword), this.SUBRULE4(this.flags), this.SUBRULE(this.pairs)) },
        {
          ALT: () => this.with(this.CONSUME(T.ArgKeyword), this.SUBRULE5(this.flags), this.SUBRULE(this.declarations)),
        },
        { ALT: () => this.with(this.CONSUME(T.TextKeyword), this.SUBRULE6(this.flags), this.SUBRULE(this.text)) },
        { ALT: () => this.with(this.CONSUME(T.HealthKeyword), this.SUBRULE7(this.flags), this.SUBRULE(this.health)) },
      ]),
  );

  private with(keyword: IToken, flags: IToken[], argument: Argument): InstructionSyntax {
    return { keyword, flags, argument };
  }

  readonly flags = this.RULE('flags', (): IToken[] => {
    const flags: IToken[] = [];
    this.MANY(() => flags.push(this.CONSUME(T.Flag)));
    this.OPTION(() => this.CONSUME(T.FlagsEnd));
    return flags;
  });

  /** RUN, CMD, ENTRYPOINT, SHELL: a JSON array, or the text as it is. */
  readonly command = this.RULE(
    'command',
    (): Argument => this.OR([{ ALT: () => this.SUBRULE(this.json) }, { ALT: () => this.SUBRULE(this.text) }]),
  );

  /** COPY, ADD, VOLUME: a JSON array, or words between blanks. */
  readonly list = this.RULE(
    'list',
    (): Argument => this.OR([{ ALT: () => this.SUBRULE(this.json) }, { ALT: () => this.SUBRULE(this.words) }]),
  );

  readonly json = this.RULE(
    'json',
    (): Argument =>
      this.OR([
        {
          ALT: (): Argument => {
            const strings: IToken[] = [];
            this.CONSUME(T.JsonOpen);
            this.MANY_SEP({ SEP: T.JsonComma, DEF: () => strings.push(this.CONSUME(T.JsonString)) });
            this.CONSUME(T.JsonClose);
            return { shape: 'json', strings };
          },
        },
        { ALT: (): Argument => ({ shape: 'mixed', array: this.CONSUME(T.JsonMixed) }) },
      ]),
  );

  readonly text = this.RULE(
    'text',
    (): Argument => this.OPTION(() => ({ shape: 'text' as const, text: this.CONSUME(T.Text) })) ?? NONE,
  );

  readonly words = this.RULE('words', (): Argument => {
    const words: IToken[] = [];
    this.MANY(() => words.push(this.CONSUME(T.PlainWord)));
    return { shape: 'words', words };
  });

  /** ENV, LABEL: `name=value` pairs, or one `name` and the rest of the line. */
  readonly pairs = this.RULE(
    'pairs',
    (): Argument =>
      this.OR([
        {
          ALT: (): Argument => {
            const key = this.CONSUME(T.LegacyKey);
            const value = this.OPTION(() => this.CONSUME(T.Text));
            return { shape: 'legacy', key, value };
          },
        },
        { ALT: () => this.SUBRULE(this.declarations) },
      ]),
  );

  readonly declarations = this.RULE('declarations', (): Argument => {
    const words: IToken[] = [];
    this.MANY(() => words.push(this.CONSUME(T.QuotedWord)));
    return { shape: 'words', words };
  });

  readonly health = this.RULE(
    'health',
    (): Argument =>
      this.OPTION(() => {
        const type = this.CONSUME(T.HealthType);
        const command = this.SUBRULE(this.command);
        return { shape: 'health' as const, type, command };
      }) ?? NONE,
  );
}

let parser: InstructionParser | undefined;

/** Parses the tokens of one logical line. The set-up costs about 20 ms and happens once, on the first call. */
export function parseTokens(tokens: IToken[]): {
  syntax: InstructionSyntax | undefined;
  errors: IRecognitionException[];
} {
  parser ??= new InstructionParser({ skipValidations: true });
  parser.input = tokens;
  const syntax = parser.instruction();
  return { syntax: parser.errors.length === 0 ? syntax : undefined, errors: parser.errors };
}
