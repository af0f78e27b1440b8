import type { IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { jsonString, jsonWord, named } from '../names.ts';
import * as T from '../token.ts';
import { Rules } from './rules.ts';

type Expression = Ast.Expression;

/** HCL's JSON syntax. The start rule is `value`. */
export class JsonParser extends Rules {
  constructor() {
    super();
    this.performSelfAnalysis();
  }

  readonly value = this.RULE(
    'value',
    (): Expression =>
      this.nested(() =>
        this.OR<Expression>([
          { ALT: () => this.text(this.CONSUME(T.JsonString)) },
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
          { ALT: () => this.SUBRULE(this.list) },
          { ALT: () => this.SUBRULE(this.object) },
        ]),
      ),
  );

  readonly list = this.RULE('list', (): Expression => {
    const open = this.CONSUME(T.JsonListOpen);
    const items: Expression[] = [];
    this.MANY_SEP({ SEP: T.Comma, DEF: () => items.push(this.SUBRULE(this.value)) });
    const close = this.CONSUME(T.JsonListClose);
    return { kind: 'tuple', items, at: this.at(open, close) };
  });

  readonly object = this.RULE('object', (): Expression => {
    const open = this.CONSUME(T.JsonOpen);
    const items: Ast.ObjectItem[] = [];
    this.MANY_SEP({
      SEP: T.Comma,
      DEF: () => {
        const key = this.text(this.CONSUME(T.JsonString));
        this.CONSUME(T.Colon);
        items.push({ key, value: this.SUBRULE(this.value) });
      },
    });
    const close = this.CONSUME(T.JsonClose);
    return { kind: 'object', items, at: this.at(open, close) };
  });

  /** The text of a JSON string as one part; `../json.ts` reads the templates in it. */
  protected text(token: IToken): Expression {
    const at = this.at(token, token);
    const text = this.ACTION(() => jsonString(token, at)) ?? '';
    return { kind: 'template', parts: [{ kind: 'text', text, at }], heredoc: false, at };
  }
}
