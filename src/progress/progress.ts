import type { EventSink } from '../base/events.ts';
import { ignoreClosedPipe } from './closed-pipe.ts';
import type { Display, Write } from './display.ts';
import { renderError } from './failure.ts';
import { type ProgressMode, type ProgressStream, resolveMode } from './mode.ts';
import { createPalette, type Palette } from './palette.ts';
import { PlainDisplay } from './plain.ts';
import { RawJsonDisplay } from './rawjson.ts';
import { TtyDisplay } from './tty.ts';
import { renderWarnings, type WarningEvent } from './warnings.ts';

/** The time between two frames: a terminal shows no more, and the build pays for each. */
const TICK_MS = 100;
const DEFAULT_COLUMNS = 80;
const DEFAULT_ROWS = 24;

export interface ProgressOptions {
  mode: ProgressMode;
  /** Standard error, as a rule. */
  stream: ProgressStream;
  color: boolean;
  /** The width to assume; without it the stream's own, at each moment. */
  columns?: number | undefined;
}

export interface Progress {
  sink: EventSink;
  /**
   * Ends the display: the last frame or lines, the warnings, and the error, where there is one. Further calls do
   * nothing. In `rawjson` the error comes as text after the last line of JSON, as from BuildKit's client.
   */
  finish(error?: unknown): void;
}

const NO_DISPLAY: Display = { accept() {}, tick() {}, close() {} };

/** Shows a build on `stream` while it runs. It must be finished, also when the build fails. */
export function createProgress({ mode, stream, color, columns }: ProgressOptions): Progress {
  const resolved = resolveMode(mode, stream, process.env);
  const palette = createPalette(color);
  const width = (): number => columns ?? (stream.columns || DEFAULT_COLUMNS);
  const write: Write = (text) => stream.write(text);
  ignoreClosedPipe(stream);
  const display = createDisplay(
    resolved,
    write,
    () => ({ columns: width(), rows: stream.rows || DEFAULT_ROWS }),
    palette,
  );
  const warnings: WarningEvent[] = [];
  const timer = setInterval(() => display.tick(Date.now()), TICK_MS).unref();
  const restore = (): void => {
    if (display instanceof TtyDisplay) display.restore();
  };
  process.once('exit', restore);
  let finished = false;
  return {
    sink(event) {
      if (event.type === 'warning') warnings.push(event);
      display.accept(event);
    },
    finish(error) {
      if (finished) return;
      finished = true;
      clearInterval(timer);
      process.off('exit', restore);
      display.close(Date.now(), error !== undefined);
      if (resolved === 'tty' || resolved === 'plain') write(renderWarnings(warnings, { columns: width(), palette }));
      if (error !== undefined) write(renderError(error, { color, columns: width() }));
    },
  };
}

function createDisplay(
  mode: Exclude<ProgressMode, 'auto'>,
  write: Write,
  size: () => { columns: number; rows: number },
  palette: Palette,
): Display {
  if (mode === 'tty') return new TtyDisplay(write, size, palette);
  if (mode === 'plain') return new PlainDisplay(write);
  return mode === 'rawjson' ? new RawJsonDisplay(write) : NO_DISPLAY;
}
