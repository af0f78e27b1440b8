/** What an error shows of a step's output: the end, as much as fits on a screen. */
const LINES = 20;
/** Enough for that many lines of any sensible length. */
const BYTES = 16 * 1024;

/** Keeps the end of a stream of bytes. */
export class OutputTail {
  #kept: Buffer = Buffer.alloc(0);

  push(chunk: Buffer): void {
    const joined = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk]);
    this.#kept = joined.length > BYTES ? joined.subarray(joined.length - BYTES) : joined;
  }

  lines(): string[] {
    return this.#kept
      .toString('utf8')
      .trimEnd()
      .split('\n')
      .slice(-LINES)
      .filter((line, index) => line !== '' || index > 0);
  }
}
