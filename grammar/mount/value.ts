import { TsbuildError } from '../../src/base/error.ts';
import { parseSize } from '../../src/base/size.ts';
import type { SourceFile, SourceRange } from '../../src/base/source.ts';
import { didYouMean } from '../../src/base/suggest.ts';
import { parseBoolean } from '../check.ts';

/** The value of one mount option after expansion; each method reads it as one type or says what is wrong. */
export class MountValue {
  readonly text: string;
  readonly range: SourceRange;
  readonly #key: string;
  readonly #source: SourceFile;

  constructor(key: string, text: string, range: SourceRange, source: SourceFile) {
    this.#key = key;
    this.text = text;
    this.range = range;
    this.#source = source;
  }

  fail(hint?: string): TsbuildError {
    const message = `invalid value ${JSON.stringify(this.text)} of the mount option ${JSON.stringify(this.#key)}`;
    return new TsbuildError('INVALID', message, { hint, location: this.range, source: this.#source });
  }

  boolean(): boolean {
    const value = parseBoolean(this.text);
    if (value === undefined) throw this.fail('use true or false');
    return value;
  }

  oneOf<Name extends string>(names: readonly Name[]): Name {
    const lower = this.text.toLowerCase();
    const found = names.find((name) => name === lower);
    if (found === undefined) throw this.fail(didYouMean(this.text, names) ?? `use one of ${names.join(', ')}`);
    return found;
  }

  octal(): number {
    if (!/^0*[0-7]{1,11}$/.test(this.text) || Number.parseInt(this.text, 8) > 0o7777) {
      throw this.fail('use an octal mode such as 0400');
    }
    return Number.parseInt(this.text, 8);
  }

  /** A user or group number: 32 bits, of which the last means "none" to the kernel. */
  id(): number {
    if (!/^\d{1,10}$/.test(this.text) || Number(this.text) >= 2 ** 32 - 1) throw this.fail('use a number');
    return Number(this.text);
  }

  /** Bytes. */
  size(): number {
    const bytes = parseSize(this.text);
    if (bytes === undefined) throw this.fail('use a number of bytes or a unit, e.g. 64m');
    return bytes;
  }
}
