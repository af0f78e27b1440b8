import { LineSplitter } from './lines.ts';

/** The lines of a running step that a terminal shows. */
export const TAIL_LINES = 6;

/** The last lines of a step's output, both streams in the order in which they came. */
export class LogTail {
  readonly #splitters = { 1: new LineSplitter(), 2: new LineSplitter() };
  #lines: string[] = [];

  push(stream: 1 | 2, data: Uint8Array): void {
    const lines = this.#splitters[stream].push(data);
    this.#lines = [...this.#lines, ...lines.slice(-TAIL_LINES)].slice(-TAIL_LINES);
  }

  /** At most six lines, as they came: not yet safe for a terminal. A line that has not ended counts. */
  lines(): string[] {
    const partials = [this.#splitters[1].partial, this.#splitters[2].partial].filter((line) => line !== '');
    return [...this.#lines, ...partials].slice(-TAIL_LINES);
  }
}
