import type { Healthcheck } from '../../oci/types.ts';

/** Values as the reference builder writes them into the history, which is how Go prints them with `%q`. */

const ESCAPES: Readonly<Record<string, string>> = {
  '\x07': '\\a',
  '\b': '\\b',
  '\f': '\\f',
  '\n': '\\n',
  '\r': '\\r',
  '\t': '\\t',
  '\v': '\\v',
  '\\': '\\\\',
};

function quote(text: string, mark: '"' | "'"): string {
  const escaped = [...text].map((character) => {
    if (character === mark) return `\\${mark}`;
    return ESCAPES[character] ?? (/\p{Cc}/u.test(character) ? hexEscape(character) : character);
  });
  return mark + escaped.join('') + mark;
}

function hexEscape(character: string): string {
  const code = character.charCodeAt(0);
  return code < 0x80 ? `\\x${code.toString(16).padStart(2, '0')}` : `\\u${code.toString(16).padStart(4, '0')}`;
}

/** `["npm" "start"]`. */
export function quoteList(texts: readonly string[]): string {
  return `[${texts.map((text) => quote(text, '"')).join(' ')}]`;
}

/** The structure with its durations as texts and its retries as a character, which is what `%q` makes of a number. */
export function formatHealthcheck(check: Healthcheck): string {
  const durations = [check.Interval, check.Timeout, check.StartPeriod, check.StartInterval];
  const shown = durations.map((nanoseconds) => quote(formatDuration(nanoseconds ?? 0), '"'));
  const retries = quote(String.fromCodePoint(check.Retries ?? 0), "'");
  return `&{${[quoteList(check.Test ?? []), ...shown, retries].join(' ')}}`;
}

const MILLISECOND = 1_000_000;
const SECOND = 1000 * MILLISECOND;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

/** Go's `Duration.String`: `1m30s`, `1.5s`, `250ms`; 0 is `0s`. Nanoseconds; below a millisecond there is only 0. */
function formatDuration(nanoseconds: number): string {
  if (nanoseconds > 0 && nanoseconds < SECOND) return `${nanoseconds / MILLISECOND}ms`;
  const hours = Math.floor(nanoseconds / HOUR);
  const minutes = Math.floor((nanoseconds % HOUR) / MINUTE);
  const seconds = `${(nanoseconds % MINUTE) / SECOND}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
