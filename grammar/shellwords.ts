import { isBlank } from './space.ts';

const NAME = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
const OPERATOR = /:?[-+?]|[#%]|\/\/?/y;
const AFTER_HEREDOC = /[\t\r ]*/y;

/** `"…"`, or the operand of `${name-…}`: what it ends with. Of `${name/a/b}` the first part ends with `/`. */
type Frame = '"' | '}' | '/';

/**
 * The words of a command line as the reference's shell lexer splits it to look for heredocs: variables stay, a
 * backslash escapes, and the blanks behind `<<` belong to the word. Undefined where it fails (a quote or brace without
 * end, an operator that is none), and there are no heredocs then.
 */
export function shellWords(text: string): { start: number; end: number }[] | undefined {
  const splitter = new ShellSplitter(text);
  return splitter.run() ? splitter.words : undefined;
}

class ShellSplitter {
  readonly words: { start: number; end: number }[] = [];
  readonly #text: string;
  readonly #frames: Frame[] = [];
  #at = 0;
  /** Where the word that is being read begins; -1 between words. */
  #start = -1;

  constructor(text: string) {
    this.#text = text;
  }

  /** False for a text that the lexer refuses. */
  run(): boolean {
    while (this.#at < this.#text.length) if (!this.#step()) return false;
    this.#flush();
    return this.#frames.length === 0;
  }

  /** Blanks part words at the top, and anywhere in `${…}` there; in double quotes nothing does. */
  #flush(): void {
    if (this.#start !== -1) this.words.push({ start: this.#start, end: this.#at });
    this.#start = -1;
  }

  #advance(end: number): void {
    for (; this.#at < end; this.#at++) {
      if (this.#frames.length > 0 && this.#frames[0] !== '"' && isBlank(this.#text, this.#at)) this.#flush();
      else if (this.#start === -1) this.#start = this.#at;
    }
  }

  #step(): boolean {
    const char = this.#text.charAt(this.#at);
    const frame = this.#frames.at(-1);
    if (char === '$') return this.#dollar();
    if (char === '\\') this.#advance(Math.min(this.#at + 2, this.#text.length));
    else if (char === frame) this.#close(frame);
    else if (char === '"') this.#open(this.#at + 1, '"');
    else if (char === "'" && frame !== '"') return this.#singleQuotes();
    else if (frame === undefined && isBlank(this.#text, this.#at)) {
      this.#flush();
      this.#at++;
    } else if (frame !== '"' && this.#text.startsWith('<<', this.#at)) this.#heredoc();
    else this.#advance(this.#at + 1);
    return true;
  }

  /** What belongs to the construct is read inside of it, so that the splitting of its blanks is that of the frame. */
  #open(end: number, frame: Frame): void {
    this.#advance(end);
    this.#frames.push(frame);
  }

  #close(frame: Frame): void {
    this.#advance(this.#at + 1);
    this.#frames.pop();
    if (frame === '/') this.#frames.push('}');
  }

  #singleQuotes(): boolean {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end === -1) return false;
    this.#advance(end + 1);
    return true;
  }

  #heredoc(): void {
    AFTER_HEREDOC.lastIndex = this.#at + 2;
    const blanks = AFTER_HEREDOC.exec(this.#text)?.[0].length ?? 0;
    this.#advance(this.#at + 2 + blanks);
  }

  #dollar(): boolean {
    const braced = this.#text[this.#at + 1] === '{';
    NAME.lastIndex = this.#at + (braced ? 2 : 1);
    const name = NAME.exec(this.#text)?.[0].length ?? 0;
    const end = this.#at + (braced ? 2 : 1) + name;
    if (!braced) {
      this.#advance(end);
      return true;
    }
    if (this.#text[end] === '}' && name > 0) {
      this.#advance(end + 1);
      return true;
    }
    OPERATOR.lastIndex = end;
    const operator = OPERATOR.exec(this.#text)?.[0];
    if (operator === undefined || (name === 0 && operator.startsWith(':'))) return false;
    this.#open(end + operator.length, operator.startsWith('/') ? '/' : '}');
    return true;
  }
}
