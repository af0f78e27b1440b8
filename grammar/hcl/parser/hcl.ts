import type { IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { readParts } from '../template.ts';
import * as T from '../token.ts';
import { ExpressionRules } from './expressions.ts';

function labelText(text: IToken | undefined, origin: Ast.Origin): string {
  const [part] = text === undefined ? [] : readParts([{ kind: 'text', text }], origin, 'quoted');
  return part?.kind === 'text' ? part.text : '';
}

/** HCL's native syntax. The start rules are `item`, of a file, and `wholeTemplate`. */
export class HclParser extends ExpressionRules {
  constructor() {
    super();
    this.performSelfAnalysis();
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
}
