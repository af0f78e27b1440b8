import type { ParserMethod } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { keyOf } from '../names.ts';
import { Problem } from '../problem.ts';
import * as T from '../token.ts';
import { Rules } from './rules.ts';

type Expression = Ast.Expression;

/** Tuples and objects: written out, or made by a `for`. */
export abstract class CollectionRules extends Rules {
  abstract readonly expression: ParserMethod<[], Expression>;

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

  /** `in` and `if` are words like any other outside of a `for`. */
  protected requireWord(word: string): void {
    const token = this.LA(0);
    if (token.image !== word) throw new Problem(`expected ${word}, found ${token.image}`, this.at(token, token));
  }
}
