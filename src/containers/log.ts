import { closeSync, createReadStream, existsSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';

export type StreamName = 'stdout' | 'stderr';

/** A line of a container's output, or a part of a very long one. The form is that of docker's json-file. */
export interface LogLine {
  /** With its line end, unless it is a part. */
  log: string;
  stream: StreamName;
  /** RFC 3339. */
  time: string;
}

const FILE = 'log.jsonl';
/** What a line may have before it is written in parts, as docker does: a bound on what is kept in memory. */
const MAX_LINE = 16_384;
const FOLLOW_INTERVAL = 100;
const NEWLINE = 0x0a;

/** Writes the output of a container as it comes, by lines. */
export class LogWriter {
  readonly #fd: number;
  readonly #rest: Record<StreamName, Buffer> = { stdout: Buffer.alloc(0), stderr: Buffer.alloc(0) };

  constructor(directory: string) {
    this.#fd = openSync(join(directory, FILE), 'a', 0o600);
  }

  write(stream: StreamName, chunk: Buffer): void {
    let data = Buffer.concat([this.#rest[stream], chunk]);
    for (;;) {
      const end = data.indexOf(NEWLINE) + 1;
      const length = end > 0 && end <= MAX_LINE ? end : data.length >= MAX_LINE ? MAX_LINE : 0;
      if (length === 0) break;
      this.#put(stream, data.subarray(0, length));
      data = data.subarray(length);
    }
    this.#rest[stream] = data;
  }

  close(): void {
    for (const stream of ['stdout', 'stderr'] as const) {
      if (this.#rest[stream].length > 0) this.#put(stream, this.#rest[stream]);
    }
    closeSync(this.#fd);
  }

  #put(stream: StreamName, data: Buffer): void {
    const line: LogLine = { log: data.toString('utf8'), stream, time: new Date().toISOString() };
    const bytes = Buffer.from(`${JSON.stringify(line)}\n`);
    for (let offset = 0; offset < bytes.length; ) offset += writeSync(this.#fd, bytes, offset);
  }
}

export interface LogOptions {
  /** How many lines from the end; all without. */
  tail?: number | undefined;
  /** Milliseconds since the epoch. */
  since?: number | undefined;
  until?: number | undefined;
  /** Whether there may be more: asked when all that is there has been read. */
  follow?: (() => Promise<boolean>) | undefined;
}

/** The lines of a container's output, with those that come while it is followed. */
export async function* readLog(directory: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { tail, since = Number.NEGATIVE_INFINITY, until = Number.POSITIVE_INFINITY, follow } = options;
  const reader = new LineReader(join(directory, FILE));
  const isAsked = ({ time }: LogLine) => Date.parse(time) >= since && Date.parse(time) <= until;
  if (tail === undefined) {
    for await (const line of reader.rest()) if (isAsked(line)) yield line;
  } else yield* await lastOf(reader, tail, isAsked);
  for (let more = follow !== undefined; more; ) {
    // Asked first: what is written before the end is then read after the answer.
    more = (await follow?.()) ?? false;
    for await (const line of reader.rest()) if (isAsked(line)) yield line;
    if (more) await delay(FOLLOW_INTERVAL);
  }
}

async function lastOf(reader: LineReader, count: number, isAsked: (line: LogLine) => boolean): Promise<LogLine[]> {
  const last: LogLine[] = [];
  for await (const line of reader.rest()) {
    if (!isAsked(line)) continue;
    last.push(line);
    if (last.length > count) last.shift();
  }
  return last;
}

/** Reads on from where it stopped. */
class LineReader {
  readonly #path: string;
  #offset = 0;
  #part = '';

  constructor(path: string) {
    this.#path = path;
  }

  async *rest(): AsyncGenerator<LogLine> {
    if (!existsSync(this.#path)) return;
    for await (const chunk of createReadStream(this.#path, { start: this.#offset })) {
      const data = chunk as Buffer;
      this.#offset += data.length;
      const lines = `${this.#part}${data.toString('latin1')}`.split('\n');
      this.#part = lines.pop() ?? '';
      for (const line of lines) yield JSON.parse(Buffer.from(line, 'latin1').toString('utf8')) as LogLine;
    }
  }
}
