import type { BuildEvent } from '../base/events.ts';
import type { Display, Write } from './display.ts';
import { LineSplitter } from './lines.ts';
import { BuildModel, isCancelled, type StatusState, statusText, type VertexState } from './model.ts';
import { sanitize } from './sanitize.ts';
import { formatSeconds } from './units.ts';

/** How long a step's output waits for the step that is being printed, so that short steps do not break up long ones. */
const HOLD_MS = 3000;
/** Held output beyond this is printed at once: waiting must not cost memory. In UTF-16 units. */
const MAX_HELD = 256 * 1024;
/** The time between two lines about the same download. */
const STATUS_MS = 5000;

type LogEvent = Extract<BuildEvent, { type: 'log' }>;

interface Printed {
  index: number;
  held: string[];
  heldSize: number;
  splitters: { 1: LineSplitter; 2: LineSplitter };
  /** Since when a line of output has not ended. */
  partialSince: number | undefined;
  statuses: Map<string, { time: number; action: string; done: boolean }>;
  closed: boolean;
}

/**
 * The build as lines that only ever get appended, in the manner of BuildKit's plain progress: each step has a number,
 * in order of first appearance; a header names the step and is repeated when its output goes on after another's.
 */
export class PlainDisplay implements Display {
  readonly #write: Write;
  readonly #model = new BuildModel();
  readonly #printed = new Map<VertexState, Printed>();
  /** Since when something of a vertex waits to be shown; who has waited longest comes first. */
  readonly #waiting = new Map<VertexState, number>();
  #current: VertexState | undefined;
  #hasOutput = false;

  constructor(write: Write) {
    this.#write = write;
  }

  accept(event: BuildEvent): void {
    if (event.type === 'warning') return;
    const vertex = this.#model.apply(event);
    if (event.type === 'vertex') return;
    const printed = this.#printedOf(vertex);
    if (event.type === 'log') {
      this.#log(vertex, printed, event);
    } else if (event.type === 'status') {
      const status = vertex.statuses.get(event.id);
      if (status !== undefined) this.#status(vertex, printed, status, event.time);
    } else if (event.type === 'started') {
      this.#queue(vertex, [], event.time);
    } else if (!printed.closed) {
      this.#complete(vertex, printed, event.time);
    }
  }

  tick(now: number): void {
    for (const [vertex, printed] of this.#printed) {
      if (printed.partialSince !== undefined && now - printed.partialSince >= HOLD_MS) {
        this.#queue(vertex, this.#partials(vertex, printed, now), now);
      }
    }
    for (const [oldest, since] of this.#waiting) {
      if (now - since >= HOLD_MS) this.#show(oldest);
      break;
    }
  }

  close(now: number): void {
    for (const [vertex, printed] of this.#printed) {
      printed.held.push(...this.#partials(vertex, printed, now));
      if (this.#waiting.has(vertex) || printed.held.length > 0) this.#show(vertex);
    }
  }

  #printedOf(vertex: VertexState): Printed {
    let printed = this.#printed.get(vertex);
    if (printed === undefined) {
      printed = {
        index: this.#printed.size + 1,
        held: [],
        heldSize: 0,
        splitters: { 1: new LineSplitter(), 2: new LineSplitter() },
        partialSince: undefined,
        statuses: new Map(),
        closed: false,
      };
      this.#printed.set(vertex, printed);
    }
    return printed;
  }

  /** Takes lines to print now, or once the vertex that is being printed lets others have their turn. */
  #queue(vertex: VertexState, lines: readonly string[], time: number): void {
    const printed = this.#printedOf(vertex);
    for (const line of lines) {
      printed.held.push(line);
      printed.heldSize += line.length;
    }
    if (!this.#waiting.has(vertex)) this.#waiting.set(vertex, time);
    const isFree = this.#current === undefined || this.#current === vertex;
    if (isFree || printed.closed || printed.heldSize > MAX_HELD) this.#show(vertex);
  }

  #log(vertex: VertexState, printed: Printed, { stream, data, time }: LogEvent): void {
    const { splitters } = printed;
    const lines = splitters[stream].push(data);
    if (lines.length > 0) this.#queue(vertex, timestamped(lines, vertex, time), time);
    const isPartial = splitters[1].partial !== '' || splitters[2].partial !== '';
    printed.partialSince = isPartial ? (printed.partialSince ?? time) : undefined;
  }

  #complete(vertex: VertexState, printed: Printed, time: number): void {
    const partials = this.#partials(vertex, printed, time);
    printed.closed = true;
    this.#queue(vertex, [...partials, outcome(vertex)], time);
    const [next] = this.#waiting.keys();
    if (this.#current === undefined && next !== undefined) this.#show(next);
  }

  #status(vertex: VertexState, printed: Printed, status: StatusState, time: number): void {
    const text = sanitize(statusText(status), false);
    const last = printed.statuses.get(status.id);
    const done = status.completed !== undefined;
    const sameAction = last?.action === status.action;
    if (sameAction && (last.done || (!done && time - last.time < STATUS_MS))) return;
    printed.statuses.set(status.id, { time, action: status.action, done });
    const spent = (status.completed ?? time) - status.started;
    const elapsed = spent > 10 ? ` ${formatSeconds(spent)}` : '';
    this.#queue(vertex, [`${text}${elapsed}${done ? ' done' : ''}`], time);
  }

  #partials(vertex: VertexState, printed: Printed, time: number): string[] {
    printed.partialSince = undefined;
    const lines = [...printed.splitters[1].flush(), ...printed.splitters[2].flush()];
    return timestamped(lines, vertex, time);
  }

  /** Prints what is held of a vertex, below its header where another vertex stood last. */
  #show(vertex: VertexState): void {
    const printed = this.#printedOf(vertex);
    let text = this.#current === vertex ? '' : this.#header(vertex, printed);
    for (const line of printed.held) text += `#${printed.index} ${line}\n`;
    printed.held = [];
    printed.heldSize = 0;
    this.#waiting.delete(vertex);
    this.#current = printed.closed ? undefined : vertex;
    if (text !== '') this.#write(text);
  }

  #header(vertex: VertexState, printed: Printed): string {
    const interrupted = this.#current === undefined ? '' : `#${this.#printed.get(this.#current)?.index} ...\n`;
    const gap = this.#hasOutput ? '\n' : '';
    this.#hasOutput = true;
    return `${interrupted}${gap}#${printed.index} ${sanitize(vertex.name, false)}\n`;
  }
}

function timestamped(lines: readonly string[], vertex: VertexState, time: number): string[] {
  const seconds = formatSeconds(time - (vertex.started ?? time), 3).slice(0, -1);
  return lines.map((line) => `${seconds} ${sanitize(line, true)}`);
}

function outcome(vertex: VertexState): string {
  if (isCancelled(vertex)) return 'CANCELED';
  if (vertex.error !== undefined) return `ERROR: ${sanitize(vertex.error, false)}`;
  if (vertex.cached) return 'CACHED';
  return `DONE ${formatSeconds((vertex.completed ?? 0) - (vertex.started ?? 0))}`;
}
