import type { Place } from './ast.ts';

/** What is wrong with a text, thrown out of the parser's rules to where the errors of a file are collected. */
export class Problem extends Error {
  readonly at: Place;
  readonly hint: string | undefined;

  constructor(message: string, at: Place, hint?: string) {
    super(message);
    this.at = at;
    this.hint = hint;
  }
}
