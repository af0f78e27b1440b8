import { TsbuildError } from '../../src/base/error.ts';

/**
 * The result of an expansion may be this much longer than the word: a few lines of `ENV B=$A$A` would otherwise fill
 * the memory. In characters; the kernel takes no argument above 128 KiB.
 */
const MAX_GROWTH = 16 << 20;

/** Collects one word. Strings are ropes in V8, so that appending costs nothing however deep the nesting is. */
export class WordOutput {
  text = '';
  readonly #limit: number;

  constructor(inputLength: number) {
    this.#limit = inputLength + MAX_GROWTH;
  }

  /** Adds what quotes protect, or an escaped character. */
  raw(text: string): void {
    if (this.text.length + text.length > this.#limit)
      throw new TsbuildError('INVALID', 'the expanded value is too long');
    this.text += text;
  }

  /** Adds what blanks split, where words are wanted. */
  split(text: string): void {
    this.raw(text);
  }
}

/** Collects several words: blanks outside of quotes end a word; a word without characters is none. */
export class WordsOutput extends WordOutput {
  readonly words: string[] = [];

  override split(text: string): void {
    const parts = text.split(/\s+/);
    for (const [index, part] of parts.entries()) {
      if (index > 0) this.flush();
      this.raw(part);
    }
  }

  flush(): void {
    if (this.text !== '') this.words.push(this.text);
    this.text = '';
  }
}
