import type * as Ast from '../ast.ts';
import * as T from '../token.ts';
import { TermRules } from './terms.ts';

type Expression = Ast.Expression;

/** Expressions: a rule for each level of precedence, from the weakest. */
export abstract class ExpressionRules extends TermRules {
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

  protected binary(left: Expression, operator: string, right: Expression): Expression {
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
}
