import { TsbuildError } from '../src/base/error.ts';
import type { EscapeCharacter } from './ast.ts';
import { isBlank, skipBlanks } from './space.ts';

/**
 * Word scanners over a logical line. Each takes the offset of a word's first character and gives the offset behind
 * its last one; a quote without an end reaches to the end of the line, and it is expansion that reports it.
 */

/** A word of ENV, LABEL and ARG: blanks inside quotes, or behind the escape character, belong to it. */
export function quotedWordEnd(text: string, start: number, escapeChar: EscapeCharacter): number {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (quote !== '') {
      if (char === quote) quote = '';
      else if (char === escapeChar && quote !== "'") at++;
    } else if (char === "'" || char === '"') quote = char;
    else if (char === escapeChar) at++;
    else if (isBlank(text, at)) return at;
  }
  return text.length;
}

/** The words of ENV, LABEL and ARG as written; an escape character that ends the line is dropped. */
export function quotedWords(text: string, escapeChar: EscapeCharacter): string[] {
  const words: string[] = [];
  for (let start = skipBlanks(text, 0); start < text.length; ) {
    const end = quotedWordEnd(text, start, escapeChar);
    const word = text.slice(start, end);
    const whole = end === text.length && endsInEscape(word, escapeChar) ? word.slice(0, -1) : word;
    if (whole !== '') words.push(whole);
    start = skipBlanks(text, end);
  }
  return words;
}

/** Whether the last character escapes, and nothing is there to be escaped. */
function endsInEscape(word: string, escapeChar: EscapeCharacter): boolean {
  if (!word.endsWith(escapeChar)) return false;
  let quote = '';
  let at = 0;
  for (; at < word.length; at++) {
    const char = word.charAt(at);
    if (char === escapeChar && quote !== "'") at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
  }
  return at > word.length;
}

/** A flag: quotes may stand anywhere in it, and the escape character escapes in all of them. */
export function flagEnd(text: string, start: number, escapeChar: EscapeCharacter): number {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === escapeChar) at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (isBlank(text, at)) return at;
  }
  return text.length;
}

/** A flag's text without its quotes and escapes. */
export function unquoteFlag(image: string, escapeChar: EscapeCharacter): string {
  if (!/['"\\`]/.test(image)) return image;
  const parts: string[] = [];
  let quote = '';
  for (let at = 0; at < image.length; at++) {
    const char = image.charAt(at);
    if (char === escapeChar) parts.push(image.charAt(++at));
    else if (quote !== '' ? char === quote : char === "'" || char === '"') quote = quote === '' ? char : '';
    else parts.push(char);
  }
  return parts.join('');
}

/** A JSON string, from its opening to behind its closing quote; the text is known to be valid JSON. */
export function jsonStringEnd(text: string, start: number): number {
  for (let at = start + 1; at < text.length; at++) {
    if (text[at] === '\\') at++;
    else if (text[at] === '"') return at + 1;
  }
  return text.length;
}

/**
 * The elements of a JSON array that the rest of an instruction is; undefined where it is none, also where it is a
 * broken one, which silently is shell form (trap 4).
 */
function jsonArray(text: string): unknown[] | undefined {
  if (text[0] !== '[') return undefined;
  try {
    const value: unknown = JSON.parse(text);
    return Array.isArray(value) ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** Whether the rest of an instruction is in JSON form; an array with anything but strings is an error. */
export function jsonForm(text: string, start: number): 'strings' | 'mixed' | undefined {
  const array = text[start] === '[' ? jsonArray(text.slice(start)) : undefined;
  if (array === undefined) return undefined;
  return array.every((element) => typeof element === 'string') ? 'strings' : 'mixed';
}

/** The strings of a JSON array; undefined where the text is none. SYNTAX for elements of another type. */
export function jsonStrings(text: string): string[] | undefined {
  return jsonArray(text)?.map((element) => {
    if (typeof element === 'string') return wellFormed(element);
    throw new TsbuildError('SYNTAX', 'a JSON array must hold strings only', {
      hint: 'put every element in double quotes',
    });
  });
}

/** Half a surrogate pair, which JSON can escape and no file can hold, becomes U+FFFD. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}
