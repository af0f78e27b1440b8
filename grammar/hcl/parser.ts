import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import type * as Ast from './ast.ts';
import { SPLAT_ELEMENT } from './ast.ts';
import { jsonString, jsonWord, keyOf, named } from './names.ts';
import { Problem } from './problem.ts';
import { heredocParts, type RawPart, readParts } from './template.ts';
import * as T from './token.ts';

type Expression = Ast.Expression;

/** How deep expressions, blocks and templates may nest: a parser that calls itself must not run out of stack. */
const MAX_DEPTH = 64;

function labelText(text: IToken | undefined, origin: Ast.Origin): string {
  const [part] = text === undefined ? [] : readParts([{ kind: 'text', text }], origin, 'quoted');
  return part?.kind === 'text' ? part.text : '';
}

/** The rules of one item of a file. The start rules are `item`, `jsonValue` and `wholeTemplate`. */
export class HclParser extends EmbeddedActionsParser {
  origin: Ast.Origin = undefined as unknown as Ast.Origin;
  #depth = 0;

  constructor(options: { skipValidations: boolean }) {
    super(T.ALL_TOKENS, { maxLookahead: 1, recoveryEnabled: false, skipValidations: options.skipValidations });
    this.performSelfAnalysis();
  }

  /** Of the tokens `first` to `last`; what has no last token yet ends with the one read last. */
  private at(first: IToken | undefined, last: IToken = this.LA(0)): Ast.Place {
    if (this.RECORDING_PHASE) return { origin: this.origin, start: 0, end: 0 };
    const start = first?.startOffset ?? 0;
    return { origin: this.origin, start, end: Math.max(start, last.startOffset + last.image.length) };
  }

  private between(first: Ast.Place, last: Ast.Place): Ast.Place {
    return { origin: this.origin, start: first.start, end: last.end };
  }

  private nested<R>(work: () => R): R {
    if (++this.#depth > MAX_DEPTH) {
      throw new Problem(`nested more than ${MAX_DEPTH} deep`, this.at(this.LA(1), this.LA(1)));
    }
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  /** `in` and `if` are words like any other outside of a `for`. */
  private requireWord(word: string): void {
    const token = this.LA(0);
    if (token.image !== word) throw new Problem(`expected ${word}, found ${token.image}`, this.at(token, token));
  }

  resetDepth(): void {
    this.#depth = 0;
  }

  readonly item = this.RULE('item', (): Ast.Attribute | Ast.Block => {
    const name = this.CONSUME(T.Identifier);
    return this.OR<Ast.Attribute | Ast.Block>([
      {
        ALT: () => {
          this.CONSUME(T.Assign);
          const value = this.SUBRULE(this.expression);
          return { name: name.image, value, at: this.at(name) };
        },
      },
      {
        ALT: () => {
          const labels: Ast.Label[] = [];
          this.MANY(() => labels.push(this.SUBRULE(this.label)));
          const at = this.at(name);
          const body = this.SUBRULE(this.block);
          return { type: name.image, labels, body, at };
        },
      },
    ]);
  });

  readonly label = this.RULE(
    'label',
    (): Ast.Label =>
      this.OR([
        {
          ALT: () => {
            const name = this.CONSUME(T.Identifier);
            return { text: name.image, at: this.at(name) };
          },
        },
        {
          ALT: () => {
            const open = this.CONSUME(T.QuoteOpen);
            const text = this.OPTION(() => this.CONSUME(T.QuotedText));
            const close = this.CONSUME(T.QuoteClose);
            const at = this.at(open, close);
            return { text: this.ACTION(() => labelText(text, this.origin)) ?? '', at };
          },
        },
      ]),
  );

  readonly block = this.RULE('block', (): Ast.Body => {
    const open = this.CONSUME(T.BraceOpen);
    const attributes: Ast.Attribute[] = [];
    const blocks: Ast.Block[] = [];
    let more = true;
    this.MANY1(() => this.CONSUME1(T.Newline));
    this.MANY2({
      GATE: () => more,
      DEF: () => {
        const item = this.nested(() => this.SUBRULE(this.item));
        this.ACTION(() => ('type' in item ? blocks.push(item) : attributes.push(item)));
        more = false;
        this.MANY3(() => {
          this.CONSUME2(T.Newline);
          more = true;
        });
      },
    });
    this.CONSUME(T.BraceClose);
    return { attributes, blocks, at: this.at(open) };
  });

  readonly expression = this.RULE(
    'expression',
    (): Expression =>
      this.nested(() => {
        const condition = this.SUBRULE(this.disjunction);
        return (
          this.OPTION(() => {
            this.CONSUME(T.Question);
            const whenTrue = this.SUBRULE1(this.expression);
            this.CONSUME(T.Colon);
            const whenFalse = this.SUBRULE2(this.expression);
            return {
              kind: 'conditional' as const,
              condition,
              whenTrue,
              whenFalse,
              at: this.join(condition, whenFalse),
            };
          }) ?? condition
        );
      }),
  );

  private join(left: Expression, right: Expression): Ast.Place {
    return this.ACTION(() => this.between(left.at, right.at)) ?? ({} as Ast.Place);
  }

  private binary(left: Expression, operator: string, right: Expression): Expression {
    return { kind: 'binary', operator: operator as Ast.BinaryOperator, left, right, at: this.join(left, right) };
  }

  readonly disjunction = this.RULE('disjunction', (): Expression => {
    let left = this.SUBRULE1(this.conjunction);
    this.MANY(() => {
      this.CONSUME(T.Or);
      left = this.binary(left, '||', this.SUBRULE2(this.conjunction));
    });
    return left;
  });

  readonly conjunction = this.RULE('conjunction', (): Expression => {
    let left = this.SUBRULE1(this.equality);
    this.MANY(() => {
      this.CONSUME(T.And);
      left = this.binary(left, '&&', this.SUBRULE2(this.equality));
    });
    return left;
  });

  readonly equality = this.RULE('equality', (): Expression => {
    let left = this.SUBRULE1(this.comparison);
    this.MANY(() => {
      const operator = this.CONSUME(T.EqualOperator).image;
      left = this.binary(left, operator, this.SUBRULE2(this.comparison));
    });
    return left;
  });

  readonly comparison = this.RULE('comparison', (): Expression => {
    let left = this.SUBRULE1(this.sum);
    this.MANY(() => {
      const operator = this.CONSUME(T.CompareOperator).image;
      left = this.binary(left, operator, this.SUBRULE2(this.sum));
    });
    return left;
  });

  readonly sum = this.RULE('sum', (): Expression => {
    let left = this.SUBRULE1(this.product);
    this.MANY(() => {
      const operator = this.OR([{ ALT: () => this.CONSUME(T.Plus).image }, { ALT: () => this.CONSUME(T.Minus).image }]);
      left = this.binary(left, operator, this.SUBRULE2(this.product));
    });
    return left;
  });

  readonly product = this.RULE('product', (): Expression => {
    let left = this.SUBRULE1(this.unary);
    this.MANY(() => {
      const operator = this.OR([
        { ALT: () => this.CONSUME(T.Star).image },
        { ALT: () => this.CONSUME(T.Product).image },
      ]);
      left = this.binary(left, operator, this.SUBRULE2(this.unary));
    });
    return left;
  });

  readonly unary = this.RULE(
    'unary',
    (): Expression =>
      this.OR([
        {
          ALT: () => {
            const sign = this.OR1([{ ALT: () => this.CONSUME(T.Minus) }, { ALT: () => this.CONSUME(T.Not) }]);
            const operand = this.nested(() => this.SUBRULE(this.unary));
            return { kind: 'unary', operator: sign.image as Ast.UnaryOperator, operand, at: this.at(sign) };
          },
        },
        { ALT: () => this.SUBRULE(this.postfix) },
      ]),
  );

  readonly postfix = this.RULE('postfix', (): Expression => {
    let object = this.SUBRULE(this.primary);
    let splat: { object: Expression; last: boolean } | undefined;
    const element = (at: Ast.Place): Expression => ({ kind: 'variable', name: SPLAT_ELEMENT, at });
    const finish = (): void => {
      if (splat === undefined) return;
      object = { kind: 'splat', object: splat.object, each: object, at: this.since(splat.object) };
      splat = undefined;
    };
    const begin = (attributesOnly: boolean): void => {
      this.ACTION(() => {
        finish();
        splat = { object, last: attributesOnly };
        object = element(object.at);
      });
    };
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(T.Dot);
            this.OR1([
              {
                ALT: () => {
                  const name = this.CONSUME(T.Identifier).image;
                  object = { kind: 'attribute', object, name, at: this.since(object) };
                },
              },
              {
                ALT: () => {
                  const text = this.CONSUME(T.NumberLiteral).image;
                  for (const part of this.ACTION(() => text.split('.')) ?? []) {
                    const index: Expression = { kind: 'number', text: part, at: this.at(this.LA(0)) };
                    object = { kind: 'index', object, index, at: this.since(object) };
                  }
                },
              },
              {
                ALT: () => {
                  this.CONSUME(T.Star);
                  begin(true);
                },
              },
            ]);
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.FullSplat);
            begin(false);
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.BracketOpen);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(T.BracketClose);
            this.ACTION(() => {
              // `a.*.b[0]` is the first of all `b`: an index ends the splat that takes attributes alone.
              if (splat?.last) finish();
            });
            object = { kind: 'index', object, index, at: this.since(object) };
          },
        },
      ]),
    );
    this.ACTION(finish);
    return object;
  });

  private since(expression: Expression): Ast.Place {
    return this.ACTION(() => this.between(expression.at, this.at(this.LA(0)))) ?? ({} as Ast.Place);
  }

  readonly primary = this.RULE(
    'primary',
    (): Expression =>
      this.OR<Expression>([
        {
          ALT: () => {
            const number = this.CONSUME(T.NumberLiteral);
            return { kind: 'number', text: number.image, at: this.at(number) };
          },
        },
        { ALT: () => this.SUBRULE(this.named) },
        { ALT: () => this.SUBRULE(this.quoted) },
        { ALT: () => this.SUBRULE(this.heredoc) },
        {
          ALT: () => {
            const open = this.CONSUME(T.ParenOpen);
            const inner = this.SUBRULE(this.expression);
            const close = this.CONSUME(T.ParenClose);
            return { kind: 'parentheses', inner, at: this.at(open, close) };
          },
        },
        { ALT: () => this.SUBRULE(this.tuple) },
        { ALT: () => this.SUBRULE(this.object) },
        { ALT: () => this.SUBRULE(this.forTuple) },
        { ALT: () => this.SUBRULE(this.forObject) },
      ]),
  );

  readonly named = this.RULE('named', (): Expression => {
    const name = this.CONSUME(T.Identifier);
    const call = this.OPTION(() => {
      this.CONSUME(T.ParenOpen);
      const args: Expression[] = [];
      let expand = false;
      let more = true;
      this.MANY({
        GATE: () => more,
        DEF: () => {
          args.push(this.SUBRULE(this.expression));
          more = this.OPTION1(() => this.CONSUME(T.Comma)) !== undefined;
        },
      });
      this.OPTION2(() => {
        this.CONSUME(T.Ellipsis);
        expand = true;
      });
      const close = this.CONSUME(T.ParenClose);
      return {
        kind: 'call' as const,
        name: name.image,
        nameAt: this.at(name, name),
        args,
        expand,
        at: this.at(name, close),
      };
    });
    return call ?? named(name.image, this.at(name, name));
  });

  readonly tuple = this.RULE('tuple', (): Expression => {
    const open = this.CONSUME(T.BracketOpen);
    const items: Expression[] = [];
    let more = true;
    this.MANY({
      GATE: () => more,
      DEF: () => {
        items.push(this.SUBRULE(this.expression));
        more = this.OPTION(() => this.CONSUME(T.Comma)) !== undefined;
      },
    });
    const close = this.CONSUME(T.BracketClose);
    return { kind: 'tuple', items, at: this.at(open, close) };
  });

  readonly object = this.RULE('object', (): Expression => {
    const open = this.CONSUME(T.BraceOpen);
    const items: Ast.ObjectItem[] = [];
    let more = true;
    this.MANY1(() => this.CONSUME1(T.Newline));
    this.MANY2({
      GATE: () => more,
      DEF: () => {
        const key = this.SUBRULE1(this.expression);
        this.OR1([{ ALT: () => this.CONSUME(T.Assign) }, { ALT: () => this.CONSUME(T.Colon) }]);
        const value = this.SUBRULE2(this.expression);
        this.ACTION(() => items.push({ key: keyOf(key), value }));
        more = this.OPTION(() => this.CONSUME(T.Comma)) !== undefined;
        this.MANY3(() => {
          this.CONSUME2(T.Newline);
          more = true;
        });
      },
    });
    const close = this.CONSUME(T.BraceClose);
    return { kind: 'object', items, at: this.at(open, close) };
  });

  readonly loop = this.RULE('loop', (): Ast.ForLoop => {
    const first = this.CONSUME1(T.Identifier).image;
    const second = this.OPTION(() => {
      this.CONSUME(T.Comma);
      return this.CONSUME2(T.Identifier).image;
    });
    this.CONSUME3(T.Identifier);
    this.ACTION(() => this.requireWord('in'));
    const collection = this.SUBRULE(this.expression);
    return second === undefined
      ? { keyName: undefined, valueName: first, collection }
      : { keyName: first, valueName: second, collection };
  });

  readonly forTuple = this.RULE('forTuple', (): Expression => {
    const open = this.CONSUME(T.ForTupleOpen);
    const loop = this.SUBRULE(this.loop);
    this.CONSUME(T.Colon);
    const value = this.SUBRULE(this.expression);
    const condition = this.SUBRULE(this.filter);
    const close = this.CONSUME(T.BracketClose);
    return { kind: 'for', loop, key: undefined, value, grouped: false, condition, at: this.at(open, close) };
  });

  readonly forObject = this.RULE('forObject', (): Expression => {
    const open = this.CONSUME(T.ForObjectOpen);
    const loop = this.SUBRULE(this.loop);
    this.CONSUME(T.Colon);
    const key = this.SUBRULE1(this.expression);
    this.CONSUME(T.Arrow);
    const value = this.SUBRULE2(this.expression);
    const grouped = this.OPTION(() => this.CONSUME(T.Ellipsis)) !== undefined;
    const condition = this.SUBRULE(this.filter);
    const close = this.CONSUME(T.BraceClose);
    return { kind: 'for', loop, key, value, grouped, condition, at: this.at(open, close) };
  });

  readonly filter = this.RULE('filter', (): Expression | undefined =>
    this.OPTION(() => {
      this.CONSUME(T.Identifier);
      this.ACTION(() => this.requireWord('if'));
      return this.SUBRULE(this.expression);
    }),
  );

  readonly quoted = this.RULE('quoted', (): Expression => {
    const open = this.CONSUME(T.QuoteOpen);
    const raw = this.SUBRULE(this.sequence);
    const close = this.CONSUME(T.QuoteClose);
    const parts = this.ACTION(() => readParts(raw, this.origin, 'quoted')) ?? [];
    return { kind: 'template', parts, heredoc: false, at: this.at(open, close) };
  });

  readonly heredoc = this.RULE('heredoc', (): Expression => {
    const open = this.CONSUME(T.HeredocOpen);
    const raw = this.SUBRULE(this.sequence);
    const close = this.CONSUME(T.HeredocClose);
    const parts = this.ACTION(() => heredocParts(raw, this.origin, open.image.startsWith('<<-'))) ?? [];
    return { kind: 'template', parts, heredoc: true, at: this.at(open, close) };
  });

  readonly wholeTemplate = this.RULE('wholeTemplate', (): Ast.TemplatePart[] => {
    const raw = this.SUBRULE(this.sequence);
    return this.ACTION(() => readParts(raw, this.origin, 'bare')) ?? [];
  });

  readonly sequence = this.RULE('sequence', (): RawPart[] => {
    const parts: RawPart[] = [];
    this.MANY(() => {
      const part = this.OR([
        { ALT: () => this.textPart(() => this.CONSUME(T.QuotedText)) },
        { ALT: () => this.textPart(() => this.CONSUME(T.HeredocText)) },
        { ALT: () => this.textPart(() => this.CONSUME(T.BareText)) },
        { ALT: () => this.SUBRULE(this.interpolation) },
        { ALT: () => this.SUBRULE(this.ifDirective) },
        { ALT: () => this.SUBRULE(this.forDirective) },
      ]);
      parts.push(part);
    });
    return parts;
  });

  private textPart(consume: () => IToken): RawPart {
    return { kind: 'text', text: consume() };
  }

  readonly interpolation = this.RULE('interpolation', (): RawPart => {
    const open = this.CONSUME(T.InterpolationOpen);
    const value = this.SUBRULE(this.expression);
    const close = this.SUBRULE(this.sequenceEnd);
    return { kind: 'interpolation', value, open, close, at: this.at(open, close) };
  });

  readonly sequenceEnd = this.RULE(
    'sequenceEnd',
    (): IToken => this.OR([{ ALT: () => this.CONSUME(T.BraceClose) }, { ALT: () => this.CONSUME(T.TrimClose) }]),
  );

  readonly ifDirective = this.RULE(
    'ifDirective',
    (): RawPart =>
      this.nested(() => {
        const open = this.CONSUME(T.IfOpen);
        const condition = this.SUBRULE(this.expression);
        const marks = [open, this.SUBRULE1(this.sequenceEnd)];
        const whenTrue = this.SUBRULE1(this.sequence);
        let whenFalse: RawPart[] | undefined;
        this.OPTION(() => {
          marks.push(this.CONSUME(T.ElseOpen), this.SUBRULE2(this.sequenceEnd));
          whenFalse = this.SUBRULE2(this.sequence);
        });
        marks.push(this.CONSUME(T.EndIfOpen), this.SUBRULE3(this.sequenceEnd));
        return { kind: 'if', condition, bodies: [whenTrue, whenFalse ?? []], marks, at: this.at(open) };
      }),
  );

  readonly forDirective = this.RULE(
    'forDirective',
    (): RawPart =>
      this.nested(() => {
        const open = this.CONSUME(T.ForOpen);
        const loop = this.SUBRULE(this.loop);
        const marks = [open, this.SUBRULE1(this.sequenceEnd)];
        const body = this.SUBRULE(this.sequence);
        marks.push(this.CONSUME(T.EndForOpen), this.SUBRULE2(this.sequenceEnd));
        return { kind: 'for', loop, bodies: [body], marks, at: this.at(open) };
      }),
  );

  readonly jsonValue = this.RULE(
    'jsonValue',
    (): Expression =>
      this.nested(() =>
        this.OR<Expression>([
          { ALT: () => this.jsonText(this.CONSUME(T.JsonString)) },
          {
            ALT: () => {
              const number = this.CONSUME(T.JsonNumber);
              return { kind: 'number', text: number.image, at: this.at(number) };
            },
          },
          {
            ALT: () => {
              const word = this.CONSUME(T.Identifier);
              return this.ACTION(() => jsonWord(word.image, this.at(word))) ?? named(word.image, this.at(word));
            },
          },
          { ALT: () => this.SUBRULE(this.jsonList) },
          { ALT: () => this.SUBRULE(this.jsonObject) },
        ]),
      ),
  );

  readonly jsonList = this.RULE('jsonList', (): Expression => {
    const open = this.CONSUME(T.JsonListOpen);
    const items: Expression[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.jsonValue)) });
    const close = this.CONSUME(T.JsonListClose);
    return { kind: 'tuple', items, at: this.at(open, close) };
  });

  readonly jsonObject = this.RULE('jsonObject', (): Expression => {
    const open = this.CONSUME(T.JsonOpen);
    const items: Ast.ObjectItem[] = [];
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const key = this.jsonText(this.CONSUME(T.JsonString));
        this.CONSUME(T.Colon);
        items.push({ key, value: this.SUBRULE(this.jsonValue) });
      },
    });
    const close = this.CONSUME(T.JsonClose);
    return { kind: 'object', items, at: this.at(open, close) };
  });

  /** The text of a JSON string as one part; `json.ts` reads the templates in it. */
  private jsonText(token: IToken): Expression {
    const at = this.at(token, token);
    const text = this.ACTION(() => jsonString(token, at)) ?? '';
    return { kind: 'template', parts: [{ kind: 'text', text, at }], heredoc: false, at };
  }
}
