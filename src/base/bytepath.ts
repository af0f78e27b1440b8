/**
 * File names are bytes, not text. Inside trees, layers and archives a name is a *byte path*: a string with one
 * character (U+0000–U+00FF) for each byte, which is what Node calls latin1. Names of ASCII characters, almost all
 * of them, are the same string either way and go to the file system as they are.
 */
export type BytePath = string;

// biome-ignore lint/suspicious/noControlCharactersInRegex: the whole ASCII range is meant
const ASCII = /^[\x00-\x7f]*$/;

export function isAscii(text: string): boolean {
  return ASCII.test(text);
}

/** What a function of `node:fs` takes to reach the file with this byte path. */
export function fsPath(path: BytePath): string | Buffer {
  return isAscii(path) ? path : Buffer.from(path, 'latin1');
}

/** The byte path of a text, as it is written to disk in UTF-8. */
export function toBytePath(text: string): BytePath {
  return isAscii(text) ? text : Buffer.from(text, 'utf8').toString('latin1');
}

/** The text of a byte path for people; what is not UTF-8 shows as U+FFFD. */
export function fromBytePath(path: BytePath): string {
  return isAscii(path) ? path : Buffer.from(path, 'latin1').toString('utf8');
}

/** Joins below a directory. Unlike `path.join` it normalises nothing: the parts are known to be clean. */
export function joinBytePath(directory: BytePath, name: BytePath): BytePath {
  if (directory === '' || name === '') return directory + name;
  return directory.endsWith('/') ? directory + name : `${directory}/${name}`;
}
