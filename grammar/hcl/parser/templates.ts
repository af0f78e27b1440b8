import type { IToken } from 'chevrotain';
import type * as Ast from '../ast.ts';
import { heredocParts, type RawPart, readParts } from '../template.ts';
import * as T from '../token.ts';
import { CollectionRules } from './collections.ts';

/** Texts in quotes, heredocs, and what stands in them: values, conditions and loops. */
export abstract class TemplateRules extends CollectionRules {
  readonly quoted = this.RULE('quoted', (): Ast.Expression => {
    const open = this.CONSUME(T.QuoteOpen);
    const raw = this.SUBRULE(this.sequence);
    const close = this.CONSUME(T.QuoteClose);
    const parts = this.ACTION(() => readParts(raw, this.origin, 'quoted')) ?? [];
    return { kind: 'template', parts, heredoc: false, at: this.at(open, close) };
  });

  readonly heredoc = this.RULE('heredoc', (): Ast.Expression => {
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

  protected textPart(consume: () => IToken): RawPart {
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
}
