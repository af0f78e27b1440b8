/** White space as Go has it (`unicode.IsSpace`): other than in JavaScript U+0085 is of it, and U+FEFF is not. */
const WIDE_BLANK = /[\u0085\u00a0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]/;

export function isBlank(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return code <= 0x20
    ? code === 0x20 || (code >= 0x09 && code <= 0x0d)
    : code >= 0x80 && WIDE_BLANK.test(text.charAt(at));
}

/** The first offset at or after `start` that holds no white space, at most `end`. */
export function skipBlanks(text: string, start: number, end: number = text.length): number {
  let at = start;
  while (at < end && isBlank(text, at)) at++;
  return at;
}

/** Where the white space at the end of a text begins. */
export function blankTail(text: string): number {
  let end = text.length;
  while (end > 0 && isBlank(text, end - 1)) end--;
  return end;
}

/** The text without the white space around it. */
export function trimBlanks(text: string): string {
  const end = blankTail(text);
  return text.slice(skipBlanks(text, 0, end), end);
}

/** What parts words where quotes mean nothing: ASCII blanks only, so that a no-break space belongs to a word. */
export const WORD_BREAK = /[\t\v\f\r ]+/;
