import { interpolate } from './interpolate.ts';

type Lookup = (name: string) => string | undefined;

const LINE =
  /^[ \t]*(?:export[ \t]+)?([A-Za-z_][\w.-]*)[ \t]*[=:][ \t]*('[^']*'|"(?:[^"\\]|\\[\s\S])*"|[^\n]*?)[ \t]*(?:[ \t]#[^\n]*)?$/gm;
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t' };

/** The variables of an `.env` file. Values may name earlier ones, and those of the environment. */
export function parseDotenv(text: string, lookup: Lookup): Map<string, string> {
  const values = new Map<string, string>();
  for (const [, name = '', written = ''] of text.replaceAll('\r\n', '\n').matchAll(LINE)) {
    values.set(
      name,
      valueIn(written, (wanted) => lookup(wanted) ?? values.get(wanted)),
    );
  }
  return values;
}

function valueIn(written: string, lookup: Lookup): string {
  if (written.startsWith("'") && written.endsWith("'") && written.length > 1) return written.slice(1, -1);
  if (!written.startsWith('"') || written.length < 2)
    return interpolate(written.startsWith('#') ? '' : written, lookup);
  const text = written.slice(1, -1).replace(/\\([\s\S])/g, (_, letter: string) => ESCAPES[letter] ?? letter);
  return interpolate(text, lookup);
}
