import type { StepOutput } from './types.ts';

/** Bytes of output that a page can hold and stay quick, and what one step may have of that at least and at most. */
const MAX_ALL = 12 * 1024 * 1024;
const MIN_STEP = 8 * 1024;
const MAX_STEP = 768 * 1024;
/** The part of it that is from the beginning: the end is where a failure is. */
const HEAD_PART = 0.25;

/** What steps said, as text; of what is too long the middle is left out. A log has one character for each byte. */
export function outputsOf(logs: ReadonlyMap<string, string>): Map<string, StepOutput> {
  const long = [...logs.values()].filter(({ length }) => length > 0).sort((a, b) => a.length - b.length);
  const limit = Math.min(MAX_STEP, Math.max(MIN_STEP, fairShare(long.map(({ length }) => length))));
  return new Map([...logs].filter(([, log]) => log !== '').map(([step, log]) => [step, outputOf(log, limit)]));
}

/** The largest limit with which all together stay below the bound. Takes lengths that ascend. */
function fairShare(lengths: readonly number[]): number {
  let left = MAX_ALL;
  for (const [index, length] of lengths.entries()) {
    const share = left / (lengths.length - index);
    if (length > share) return Math.floor(share);
    left -= length;
  }
  return MAX_STEP;
}

function outputOf(log: string, limit: number): StepOutput {
  if (log.length <= limit) return { text: utf8(log) };
  const headEnd = lineEnd(log, limit * HEAD_PART);
  const tailStart = lineEnd(log, log.length - limit * (1 - HEAD_PART));
  const head = utf8(log.slice(0, headEnd));
  return {
    text: head + utf8(log.slice(tailStart)),
    cut: { head: head.length, bytes: tailStart - headEnd },
  };
}

/** Behind the line in which a place is, where the line is no monster. */
function lineEnd(log: string, near: number): number {
  const place = Math.floor(near);
  const end = log.indexOf('\n', place) + 1;
  return end > place && end - place < MIN_STEP ? end : place;
}

function utf8(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString();
}
