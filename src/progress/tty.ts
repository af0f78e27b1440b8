import type { BuildEvent } from '../base/events.ts';
import type { Display, Write } from './display.ts';
import { type FrameOptions, renderFrame } from './frame.ts';
import { BuildModel, type VertexState } from './model.ts';
import type { Palette } from './palette.ts';
import { LogTail } from './tail.ts';
import { displayWidth } from './width.ts';

const HIDE_CURSOR = '\u001b[?25l';
const SHOW_CURSOR = '\u001b[?25h';
/** Without automatic wrapping a row that was measured wrongly is cut by the terminal and does not become two. */
const WRAP_OFF = '\u001b[?7l';
const WRAP_ON = '\u001b[?7h';
const CLEAR_LINE = '\u001b[K';
const CLEAR_BELOW = '\u001b[J';

export interface TerminalSize {
  columns: number;
  rows: number;
}

/** The build drawn in place: each frame overwrites the one before, and the last one stays. */
export class TtyDisplay implements Display {
  readonly #write: Write;
  readonly #size: () => TerminalSize;
  readonly #palette: Palette;
  readonly #model = new BuildModel();
  readonly #tails = new Map<VertexState, LogTail>();
  /** The widths of the rows that the last frame left on the screen. */
  #drawn: number[] = [];
  #cursorHidden = false;

  constructor(write: Write, size: () => TerminalSize, palette: Palette) {
    this.#write = write;
    this.#size = size;
    this.#palette = palette;
  }

  accept(event: BuildEvent): void {
    if (event.type === 'warning') return;
    const vertex = this.#model.apply(event);
    if (event.type === 'log') this.#tailOf(vertex).push(event.stream, event.data);
    if (vertex.completed !== undefined) this.#tails.delete(vertex);
  }

  tick(now: number): void {
    this.#draw(now, undefined);
  }

  close(now: number, failed: boolean): void {
    this.#draw(now, failed ? 'failed' : 'finished');
    this.restore();
    this.#drawn = [];
  }

  /** Gives the cursor back; also for the end of the process that nobody announced. */
  restore(): void {
    if (this.#cursorHidden) this.#write(SHOW_CURSOR);
    this.#cursorHidden = false;
  }

  #tailOf(vertex: VertexState): LogTail {
    const tail = this.#tails.get(vertex) ?? new LogTail();
    this.#tails.set(vertex, tail);
    return tail;
  }

  #draw(now: number, outcome: FrameOptions['outcome']): void {
    if (this.#model.vertices.size === 0) return;
    const size = this.#size();
    // The last column stays free: clearing to the end of a full row would take its last character. The last row stays
    // free for the cursor, so that the screen does not scroll.
    const lines = renderFrame(this.#model, this.#tails, {
      now,
      columns: size.columns - 1,
      rows: outcome === undefined ? size.rows - 1 : undefined,
      outcome,
      palette: this.#palette,
    });
    const start = (this.#cursorHidden ? '' : HIDE_CURSOR) + WRAP_OFF + this.#toTop(size);
    this.#write(`${start}${lines.map((line) => `${line}${CLEAR_LINE}\n`).join('')}${CLEAR_BELOW}${WRAP_ON}`);
    this.#cursorHidden = true;
    this.#drawn = lines.map(displayWidth);
  }

  /** To the first row of the last frame: a terminal that became narrower has broken its rows into several. */
  #toTop({ columns, rows }: TerminalSize): string {
    const taken = this.#drawn.reduce((sum, width) => sum + Math.max(Math.ceil(width / columns), 1), 0);
    const up = Math.min(taken, rows - 1);
    return up > 0 ? `\r\u001b[${up}A` : '\r';
  }
}
