const ESC = '\\u001b';
/** Control sequences (CSI), strings (OSC, DCS, SOS, PM, APC) up to their end, and two-character escapes: ECMA-48, 5.4. */
const ESCAPES = [
  `(?:${ESC}\\[|\\u009b)[0-?]*[ -/]*[@-~]`,
  `(?:${ESC}[\\]PX^_]|[\\u009d\\u0090\\u0098\\u009e\\u009f]).*?(?:\\u0007|${ESC}\\\\|\\u009c|$)`,
  `${ESC}[ -/]*[0-~]`,
];
/** C0 but the tab, DEL, C1, and the characters that reorder what a reader sees (bidirectional overrides). */
const CONTROLS = '[\\u0000-\\u0008\\u000a-\\u001f\\u007f-\\u009f\\u202a-\\u202e\\u2066-\\u2069]';
const UNWANTED = new RegExp([...ESCAPES, CONTROLS].join('|'), 'gs');
/** Almost every line; asked first, because it is quick to tell. */
const HARMLESS = /^[\t -~]*$/;
const COLOR = new RegExp(`^${ESC}\\[[0-9;:]*m$`);
const RESET = new RegExp(`^${ESC}\\[0*m$`);

/**
 * One line of foreign text (a step's output, a name from a build file) as it may go to a terminal: text, tabs and,
 * with `color`, the colours of SGR, closed at the end. All other control characters and sequences disappear;
 * a line feed, in what should be one line, shows as a space.
 */
export function sanitize(line: string, color: boolean): string {
  if (HARMLESS.test(line)) return line;
  let open = false;
  const clean = line.replace(UNWANTED, (match) => {
    if (match === '\n') return ' ';
    if (!color || !COLOR.test(match)) return '';
    open = !RESET.test(match);
    return match;
  });
  return open ? `${clean}\u001b[0m` : clean;
}
