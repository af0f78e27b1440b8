import type * as Ast from '../ast.ts';
import { named } from '../names.ts';
import * as T from '../token.ts';
import { Selection } from './selection.ts';
import { TemplateRules } from './templates.ts';

type Expression = Ast.Expression;

/** What operators stand between: a value, and what is selected of it. */
export abstract class TermRules extends TemplateRules {
  readonly postfix = this.RULE('postfix', (): Expression => {
    const term = new Selection(this.SUBRULE(this.primary), (object) => this.since(object));
    this.MANY(() =>
      this.OR([
        {
          ALT: () => {
            this.CONSUME(T.Dot);
            this.selectByDot(term);
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.FullSplat);
            this.ACTION(() => term.beginSplat(false));
          },
        },
        {
          ALT: () => {
            this.CONSUME(T.BracketOpen);
            const index = this.SUBRULE(this.expression);
            this.CONSUME(T.BracketClose);
            this.ACTION(() => {
              term.endAttributes();
              term.index(index);
            });
          },
        },
      ]),
    );
    return this.ACTION(() => term.end());
  });

  protected selectByDot(term: Selection): void {
    this.OR1([
      {
        ALT: () => {
          const name = this.CONSUME(T.Identifier).image;
          this.ACTION(() => term.attribute(name));
        },
      },
      {
        // `a.0.1` is one number to the lexer.
        ALT: () => {
          const number = this.CONSUME(T.NumberLiteral);
          this.ACTION(() => {
            for (const text of number.image.split('.')) term.index({ kind: 'number', text, at: this.at(number) });
          });
        },
      },
      {
        ALT: () => {
          this.CONSUME(T.Star);
          this.ACTION(() => term.beginSplat(true));
        },
      },
    ]);
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
}
