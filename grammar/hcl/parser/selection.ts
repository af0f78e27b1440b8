import { type Expression, type Place, SPLAT_ELEMENT } from '../ast.ts';

/** A term to which what is selected of it is added: attributes, indices and splats, from left to right. */
export class Selection {
  #object: Expression;
  #splat: { object: Expression; attributesOnly: boolean } | undefined;
  readonly #from: (object: Expression) => Place;

  /** @param from the place from the beginning of `object` to the token that was read last */
  constructor(object: Expression, from: (object: Expression) => Place) {
    this.#object = object;
    this.#from = from;
  }

  attribute(name: string): void {
    this.#object = { kind: 'attribute', object: this.#object, name, at: this.#from(this.#object) };
  }

  index(index: Expression): void {
    this.#object = { kind: 'index', object: this.#object, index, at: this.#from(this.#object) };
  }

  /** `a.*.b[0]` is the first of all `b`: an index in brackets ends the splat that takes attributes alone. */
  endAttributes(): void {
    if (this.#splat?.attributesOnly) this.end();
  }

  beginSplat(attributesOnly: boolean): void {
    const object = this.end();
    this.#splat = { object, attributesOnly };
    this.#object = { kind: 'variable', name: SPLAT_ELEMENT, at: object.at };
  }

  /** What was selected. */
  end(): Expression {
    if (this.#splat === undefined) return this.#object;
    const { object } = this.#splat;
    this.#splat = undefined;
    this.#object = { kind: 'splat', object, each: this.#object, at: this.#from(object) };
    return this.#object;
  }
}
