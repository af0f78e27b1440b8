import { TsbuildError } from '../../src/base/error.ts';
import type { EscapeCharacter } from '../ast.ts';
import { WordOutput } from './output.ts';
import { replacePattern, trimPrefix, trimSuffix } from './pattern.ts';

/** A variable's value; undefined where it is not set. */
export type Lookup = (name: string) => string | undefined;

export interface ExpanderOptions {
  escapeChar: EscapeCharacter;
  /** Whether quotes are removed; in heredoc bodies they are text. */
  quotes: boolean;
}

/** `${name` with an operator: what is read until its `}` is the operand. */
interface Substitution {
  name: string;
  operator: '-' | '+' | '?' | '#' | '%' | '/' | '//';
  /** `:` before the operator: empty counts as unset. */
  colon: boolean;
}

interface Frame {
  kind: 'top' | 'double' | 'operand';
  output: WordOutput;
  /** Escapes stay for the pattern to read. */
  keepEscapes: boolean;
  /** The character that ends an operand. */
  stop: string;
  substitution: Substitution | undefined;
  /** Of `${x/pattern/replacement}`, once the pattern is read. */
  pattern: string | undefined;
}

const NAME = /\p{Nd}+|[@*#?\-$!]|[\p{L}_][\p{L}\p{Nd}_]*/uy;
const OPERATOR = /:?[-+?]|[#%]|\/\/?/y;
const PLAIN = /[^'"$\\`}/\s]+/y;

/**
 * Expands one word (the reference's shell lexer; POSIX XCU 2.6.2 for the operators). Nesting lives in a list of
 * frames, not on the call stack, so that a hostile word costs memory in its length and no more.
 */
export class Expander {
  readonly used = new Set<string>();
  readonly unset = new Set<string>();
  readonly #text: string;
  readonly #lookup: Lookup;
  readonly #options: ExpanderOptions;
  readonly #frames: Frame[];
  #at = 0;

  constructor(text: string, lookup: Lookup, options: ExpanderOptions, output: WordOutput) {
    this.#text = text;
    this.#lookup = lookup;
    this.#options = options;
    const top: Frame = {
      kind: 'top',
      output,
      keepEscapes: false,
      stop: '',
      substitution: undefined,
      pattern: undefined,
    };
    this.#frames = [top];
  }

  run(): void {
    while (this.#at < this.#text.length) this.#step(this.#frame());
    const frame = this.#frame();
    if (frame.kind === 'top') return;
    throw this.#fail(frame.kind === 'double' ? 'the double quote has no end' : `missing '${frame.stop}'`);
  }

  #frame(): Frame {
    const frame = this.#frames.at(-1);
    if (frame === undefined) throw new TsbuildError('INTERNAL', 'expansion lost its outermost frame');
    return frame;
  }

  #step(frame: Frame): void {
    const char = this.#text.charAt(this.#at);
    if (char === '$') this.#dollar(frame);
    else if (char === this.#options.escapeChar) this.#escaped(frame);
    else if (frame.kind === 'double') this.#inDoubleQuotes(frame, char);
    else if (char === frame.stop) this.#closeOperand(frame);
    else if (char === "'" && this.#options.quotes) this.#singleQuotes(frame);
    else if (char === '"' && this.#options.quotes) this.#open(frame, { kind: 'double', stop: '"' });
    else frame.output.split(this.#plain(char));
  }

  /** The run of characters without meaning that starts here. */
  #plain(char: string): string {
    PLAIN.lastIndex = this.#at;
    const text = PLAIN.exec(this.#text)?.[0] ?? char;
    this.#at += text.length;
    return text;
  }

  #inDoubleQuotes(frame: Frame, char: string): void {
    if (char !== '"') {
      frame.output.raw(this.#plain(char));
      return;
    }
    this.#at++;
    this.#frames.pop();
    this.#frame().output.raw(frame.output.text);
  }

  #singleQuotes(frame: Frame): void {
    const end = this.#text.indexOf("'", this.#at + 1);
    if (end === -1) throw this.#fail('the single quote has no end');
    frame.output.raw(this.#text.slice(this.#at + 1, end));
    this.#at = end + 1;
  }

  /** In double quotes only a few characters can be escaped. An escape at the end of the word is dropped. */
  #escaped(frame: Frame): void {
    const { escapeChar } = this.#options;
    const code = this.#text.codePointAt(this.#at + 1);
    const next = code === undefined ? '' : String.fromCodePoint(code);
    const keeps = frame.kind === 'double' && next !== '"' && next !== '$' && next !== escapeChar;
    if (frame.keepEscapes) frame.output.raw(escapeChar);
    frame.output.raw(keeps && next !== '' ? escapeChar + next : next);
    this.#at += 1 + next.length;
  }

  #open(parent: Frame, fields: Pick<Frame, 'kind' | 'stop'> & Partial<Frame>): void {
    this.#at++;
    this.#frames.push({
      output: new WordOutput(this.#text.length),
      keepEscapes: parent.keepEscapes,
      substitution: undefined,
      pattern: undefined,
      ...fields,
    });
  }

  #dollar(frame: Frame): void {
    this.#at++;
    if (this.#text[this.#at] === '{') {
      this.#at++;
      this.#braced(frame);
      return;
    }
    const name = this.#name();
    if (name === '') frame.output.split('$');
    else this.#emitVariable(frame, name);
  }

  #name(): string {
    NAME.lastIndex = this.#at;
    const name = NAME.exec(this.#text)?.[0] ?? '';
    this.#at += name.length;
    return name;
  }

  #emitVariable(frame: Frame, name: string): void {
    const value = this.#get(name);
    if (value === undefined) this.unset.add(name);
    this.#emit(frame, value ?? '');
  }

  #emit(frame: Frame, value: string): void {
    if (frame.kind === 'double') frame.output.raw(value);
    else frame.output.split(value);
  }

  #get(name: string): string | undefined {
    this.used.add(name);
    return this.#lookup(name);
  }

  #braced(frame: Frame): void {
    if (/[{}:]/.test(this.#text.charAt(this.#at))) throw this.#fail('bad substitution');
    const name = this.#name();
    if (this.#at >= this.#text.length) throw this.#fail("missing '}'");
    if (this.#text[this.#at] === '}') {
      this.#at++;
      this.#emitVariable(frame, name);
      return;
    }
    this.#operand(frame, name);
  }

  #operand(frame: Frame, name: string): void {
    OPERATOR.lastIndex = this.#at;
    const operator = OPERATOR.exec(this.#text)?.[0];
    if (operator === undefined) {
      const shown = this.#text.slice(this.#at, this.#at + (this.#text[this.#at] === ':' ? 2 : 1));
      throw this.#fail(`unsupported modifier (${shown}) in substitution`);
    }
    this.#at += operator.length - 1;
    this.#open(frame, {
      kind: 'operand',
      stop: operator.startsWith('/') ? '/' : '}',
      keepEscapes: /[#%/]/.test(operator),
      substitution: {
        name,
        operator: operator.replace(':', '') as Substitution['operator'],
        colon: operator.startsWith(':'),
      },
    });
  }

  #closeOperand(frame: Frame): void {
    if (frame.stop === '/') {
      this.#frames.pop();
      const { substitution, output } = frame;
      this.#open(frame, { kind: 'operand', stop: '}', keepEscapes: true, substitution, pattern: output.text });
      return;
    }
    this.#at++;
    this.#frames.pop();
    const parent = this.#frame();
    const { substitution } = frame;
    if (substitution === undefined) return;
    this.#emit(parent, this.#substitute(substitution, frame.output.text, frame.pattern));
  }

  #substitute({ name, operator, colon }: Substitution, operand: string, pattern: string | undefined): string {
    const value = this.#get(name);
    const absent = value === undefined || (colon && value === '');
    if (operator === '-') return absent ? operand : value;
    if (operator === '+') return absent ? '' : operand;
    if (operator === '?') {
      if (!absent) return value;
      const fallback = value === undefined ? 'is not allowed to be unset' : 'is not allowed to be empty';
      throw new TsbuildError('INVALID', `${name}: ${operand === '' ? fallback : operand}`);
    }
    if (value === undefined) this.unset.add(name);
    if (pattern !== undefined) return replacePattern(value ?? '', pattern, operand, operator === '//');
    const longest = operand.startsWith(operator);
    const trimmed = longest ? operand.slice(1) : operand;
    return operator === '#' ? trimPrefix(value ?? '', trimmed, longest) : trimSuffix(value ?? '', trimmed, longest);
  }

  #fail(problem: string): TsbuildError {
    const shown = this.#text.length > 80 ? `${this.#text.slice(0, 80)}…` : this.#text;
    return new TsbuildError('INVALID', `cannot expand ${JSON.stringify(shown)}: ${problem}`, {
      hint: problem.includes('quote') ? 'close the quote, or escape it where it is meant as a character' : undefined,
    });
  }
}
