/** What a Date can hold; file systems hold less and clamp by themselves. */
const MIN_MS = -8.64e15;

/**
 * A time in milliseconds since the epoch as `node:fs` takes it for utimes. As a number, a time before 1970 would mean
 * now, so that it goes as a Date, which has whole milliseconds.
 */
export function fileTime(mtimeMs: number): number | Date {
  return mtimeMs >= 0 ? mtimeMs / 1000 : new Date(Math.max(MIN_MS, Math.floor(mtimeMs)));
}
