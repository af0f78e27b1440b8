import type { EscapeCharacter } from './ast.ts';
import { isBlank } from './line.ts';

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

/** A flag: quotes may stand anywhere in it, and a backslash escapes, whatever the escape directive says. */
export function flagEnd(text: string, start: number): number {
  let quote = '';
  for (let at = start; at < text.length; at++) {
    const char = text.charAt(at);
    if (char === '\\') at++;
    else if (quote !== '') quote = char === quote ? '' : quote;
    else if (char === "'" || char === '"') quote = char;
    else if (isBlank(text, at)) return at;
  }
  return text.length;
}

/** A flag's text without its quotes and escapes. */
export function unquoteFlag(image: string): string {
  if (!/['"\\]/.test(image)) return image;
  const parts: string[] = [];
  let quote = '';
  for (let at = 0; at < image.length; at++) {
    const char = image.charAt(at);
    if (char === '\\') parts.push(image.charAt(++at));
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
 * Whether the rest of an instruction is in JSON form. A broken array is not (it is shell form, silently); an array
 * with anything but strings is an error (trap 4).
 */
export function jsonForm(text: string, start: number): 'strings' | 'mixed' | undefined {
  if (text[start] !== '[') return undefined;
  try {
    const value: unknown = JSON.parse(text.slice(start));
    if (!Array.isArray(value)) return undefined;
    return value.every((element) => typeof element === 'string') ? 'strings' : 'mixed';
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
}
