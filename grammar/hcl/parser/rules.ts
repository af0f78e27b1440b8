import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import type { Expression, Origin, Place } from '../ast.ts';
import { Problem } from '../problem.ts';
import * as T from '../token.ts';

/** How deep expressions, blocks and templates may nest: a parser that calls itself must not run out of stack. */
const MAX_DEPTH = 64;

/**
 * What the rules of HCL and of its JSON share: where something stands, and how deep. A class that is used calls
 * `performSelfAnalysis` when all of its rules are there.
 */
export abstract class Rules extends EmbeddedActionsParser {
  origin: Origin = undefined as unknown as Origin;
  #depth = 0;

  constructor() {
    super(T.ALL_TOKENS, { maxLookahead: 1, recoveryEnabled: false, skipValidations: true });
  }

  /** Of the tokens `first` to `last`; what has no last token yet ends with the one read last. */
  protected at(first: IToken | undefined, last: IToken = this.LA(0)): Place {
    if (this.RECORDING_PHASE) return { origin: this.origin, start: 0, end: 0 };
    const start = first?.startOffset ?? 0;
    return { origin: this.origin, start, end: Math.max(start, last.startOffset + last.image.length) };
  }

  protected between(first: Place, last: Place): Place {
    return { origin: this.origin, start: first.start, end: last.end };
  }

  protected join(left: Expression, right: Expression): Place {
    return this.ACTION(() => this.between(left.at, right.at)) ?? ({} as Place);
  }

  protected since(expression: Expression): Place {
    return this.ACTION(() => this.between(expression.at, this.at(this.LA(0)))) ?? ({} as Place);
  }

  protected nested<R>(work: () => R): R {
    if (++this.#depth > MAX_DEPTH) {
      throw new Problem(`nested more than ${MAX_DEPTH} deep`, this.at(this.LA(1), this.LA(1)));
    }
    try {
      return work();
    } finally {
      this.#depth--;
    }
  }

  resetDepth(): void {
    this.#depth = 0;
  }
}
