import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { writeFileAtomic } from '../base/atomic.ts';
import type { BuildEvent } from '../base/events.ts';
import type { BuildSummary, JournalEvent } from './types.ts';

/** Bytes of output that are kept of a step, as much as BuildKit prints of one, and of a build. */
const MAX_STEP_LOG = 2 * 1024 * 1024;
const MAX_BUILD_LOG = 16 * 1024 * 1024;
/** Lines are written together, in UTF-16 units. */
const FLUSH_SIZE = 64 * 1024;

export const EVENTS_FILE = 'events.jsonl';
export const SUMMARY_FILE = 'build.json';

/** Writes the events of one build while it runs. Nothing is synced: a crash of the machine costs a journal. */
export class JournalWriter {
  readonly #directory: string;
  readonly #logged = new Map<string, number>();
  #total = 0;
  #pending: string[] = [];
  #pendingSize = 0;
  #fd: number | undefined;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Bytes of output that have been kept. */
  get size(): number {
    return this.#total;
  }

  write(event: BuildEvent, log?: Buffer): void {
    const entry = event.type === 'log' ? this.#logEntry(event, log ?? event.data) : entryOf(event);
    if (entry === undefined) return;
    const line = `${JSON.stringify(entry)}\n`;
    this.#pending.push(line);
    this.#pendingSize += line.length;
    if (this.#pendingSize >= FLUSH_SIZE) this.flush();
  }

  flush(): void {
    if (this.#pending.length === 0) return;
    if (this.#fd === undefined) {
      mkdirSync(this.#directory, { recursive: true, mode: 0o700 });
      this.#fd = openSync(join(this.#directory, EVENTS_FILE), 'a', 0o600);
    }
    writeSync(this.#fd, this.#pending.join(''));
    this.#pending = [];
    this.#pendingSize = 0;
  }

  close(summary: BuildSummary): void {
    this.flush();
    writeFileAtomic(join(this.#directory, SUMMARY_FILE), JSON.stringify(summary));
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }

  #logEntry({ vertex, time, stream }: BuildEvent & { type: 'log' }, data: Buffer): JournalEvent | undefined {
    const logged = this.#logged.get(vertex) ?? 0;
    const room = Math.min(MAX_STEP_LOG - logged, MAX_BUILD_LOG - this.#total);
    if (room <= 0 || data.length === 0) return undefined;
    const kept = data.subarray(0, room);
    this.#logged.set(vertex, logged + kept.length);
    this.#total += kept.length;
    const note = kept.length === room ? '\n[output clipped: what follows is not kept]\n' : '';
    return { type: 'log', vertex, time, stream, data: kept.toString('latin1') + note };
  }
}

/** What is kept of an event; progress within a step is not. */
function entryOf(event: Exclude<BuildEvent, { type: 'log' }>): JournalEvent | undefined {
  if (event.type === 'status') return undefined;
  if (event.type !== 'warning') return event;
  const { type, time, message, rule, location } = event;
  return { type, time, message, rule, line: location?.start.line };
}
