import type { SourceFile } from '../../src/base/source.ts';
import type { LineIndex } from '../position.ts';

/** The text that a node was read from. */
export interface Origin {
  source: SourceFile;
  index: LineIndex;
}

/** Where a node stands: offsets into the text of its origin, half open. */
export interface Place {
  origin: Origin;
  start: number;
  end: number;
}

/** A sequence of attributes and blocks, in the order in which they are written. */
export interface Body {
  attributes: Attribute[];
  blocks: Block[];
  at: Place;
}

export interface Attribute {
  name: string;
  value: Expression;
  at: Place;
}

export interface Block {
  type: string;
  labels: Label[];
  body: Body;
  /** Of the type and the labels. */
  at: Place;
}

export interface Label {
  text: string;
  at: Place;
}

export type UnaryOperator = '-' | '!';
export type BinaryOperator = '+' | '-' | '*' | '/' | '%' | '==' | '!=' | '<' | '<=' | '>' | '>=' | '&&' | '||';

export type Expression = (
  | { kind: 'number'; text: string }
  | { kind: 'constant'; value: boolean | null }
  | { kind: 'variable'; name: string }
  | { kind: 'template'; parts: TemplatePart[]; heredoc: boolean }
  | { kind: 'unary'; operator: UnaryOperator; operand: Expression }
  | { kind: 'binary'; operator: BinaryOperator; left: Expression; right: Expression }
  | { kind: 'conditional'; condition: Expression; whenTrue: Expression; whenFalse: Expression }
  | { kind: 'tuple'; items: Expression[] }
  | { kind: 'object'; items: ObjectItem[] }
  | {
      kind: 'for';
      loop: ForLoop;
      key: Expression | undefined;
      value: Expression;
      grouped: boolean;
      condition: Expression | undefined;
    }
  | { kind: 'call'; name: string; nameAt: Place; args: Expression[]; expand: boolean }
  | { kind: 'attribute'; object: Expression; name: string }
  | { kind: 'index'; object: Expression; index: Expression }
  /** `object[*].a.b` (full) or `object.*.a`: `each` is applied to every element, which it names `SPLAT_ELEMENT`. */
  | { kind: 'splat'; object: Expression; each: Expression }
  | { kind: 'parentheses'; inner: Expression }
) & { at: Place };

/** The variable that stands for the element inside of a splat; no name of a file can be this one. */
export const SPLAT_ELEMENT = '*';

export interface ForLoop {
  /** `for key, value in`: undefined where one name alone is given. */
  keyName: string | undefined;
  valueName: string;
  collection: Expression;
}

/** A key that is a bare word is that word, as a template without parts but text. */
export interface ObjectItem {
  key: Expression;
  value: Expression;
}

export type TemplatePart =
  | { kind: 'text'; text: string; at: Place }
  | { kind: 'interpolation'; value: Expression; at: Place }
  | { kind: 'if'; condition: Expression; whenTrue: TemplatePart[]; whenFalse: TemplatePart[]; at: Place }
  | { kind: 'for'; loop: ForLoop; body: TemplatePart[]; at: Place };
